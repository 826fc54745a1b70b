// SPDX-License-Identifier: GPL-2.0-or-later
// Compiled once for all tests: GoogleTest takes longer to read than most of them.
#pragma once
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>
