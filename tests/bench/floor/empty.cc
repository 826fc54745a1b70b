// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream> // or the C++ library would not even be linked

int main() {}
