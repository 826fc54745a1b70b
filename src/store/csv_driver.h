// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/driver.h"

namespace iptracking {

std::unique_ptr<Driver> make_csv_driver(const DriverContext &context, const CsvConfig &config);

/// One field as RFC 4180 asks: quoted where the reader would otherwise see the delimiter or a quote in it.
void append_csv_field(std::string &line, std::string_view field, std::string_view delimiter);

/// The columns, in their order: the header without its newline.
std::string csv_header(std::string_view delimiter);

} // namespace iptracking
