// SPDX-License-Identifier: GPL-2.0-or-later
// A wtmp or btmp: what a crash left of it, and names that strangers typed.
#include "event/timestamp.h"
#include "fuzz.h"
#include "import/utmp_file.h"
#include "support.h"

#include <string>

using namespace iptracking;
using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const test::TempDir folder;
    const std::string path = folder / "wtmp";
    test::write_file(path, fuzz::text_of(data, size));
    UtmpFile file(path);
    std::size_t records = 0;
    while (const auto record = file.next()) {
        ++records;
        must(record->time_usec >= 0 && record->time_usec <= latest_time_usec, "a time has four digits of the year");
        must(record->user.size() <= UtmpRecord::most_user, "a user fits into its field");
        must(record->pid >= 0, "a process id is not negative");
        for (const std::string_view text : {record->line, record->user, record->host})
            must(text.find('\0') == text.npos, "a text ends at its first NUL");
        if (!record->address.is_absent())
            must(IpAddress::parse(record->address.to_string()) == record->address,
                 "an address can be written and read");
    }
    const auto layout = layout_of(fuzz::text_of(data, size).substr(0, 16 * 400));
    must(records * static_cast<std::size_t>(layout) + file.passed_over() + file.left_over() == size,
         "each byte is a record's, is passed over, or left over");
    return 0;
}
