// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "output/writer.h"

namespace iptracking {

// One for each format; see make_writer().
std::unique_ptr<Writer> make_json_writer(std::FILE *out, std::span<const Column> columns, const Style &style);
std::unique_ptr<Writer> make_csv_writer(std::FILE *out, std::span<const Column> columns, const Style &style);
std::unique_ptr<Writer> make_brief_writer(std::FILE *out, std::span<const Column> columns, const Style &style);
std::unique_ptr<Writer> make_table_writer(std::FILE *out, std::span<const Column> columns, const Style &style);

} // namespace iptracking
