// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/writer.h"

#include "output/writers.h"

namespace iptracking {

std::unique_ptr<Writer> make_writer(std::FILE *out, std::span<const Column> columns, const Style &style) {
    switch (style.format) {
    case Format::json:
    case Format::json_lines:
        return make_json_writer(out, columns, style);
    case Format::csv:
        return make_csv_writer(out, columns, style);
    case Format::brief:
        return make_brief_writer(out, columns, style);
    case Format::table:
        break;
    }
    return make_table_writer(out, columns, style);
}

} // namespace iptracking
