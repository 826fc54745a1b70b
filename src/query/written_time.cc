// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/written_time.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <ctime>
#include <unistd.h>

namespace iptracking {
namespace {

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool at_end() const noexcept { return rest_.empty(); }
    bool skip_blanks() noexcept {
        const std::size_t before = rest_.size();
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
        return rest_.size() < before;
    }
    bool take(char wanted) noexcept {
        const bool is_next = !rest_.empty() && rest_[0] == wanted;
        rest_.remove_prefix(is_next ? 1 : 0);
        return is_next;
    }
    /// The letters that come next, in lower case.
    std::string letters() const {
        return lower_case(
            rest_.substr(0, static_cast<std::size_t>(std::find_if(rest_.begin(), rest_.end(),
                                                                  [](unsigned char c) { return !std::isalpha(c); }) -
                                                     rest_.begin())));
    }
    std::size_t digits() const noexcept { return std::min(rest_.find_first_not_of("0123456789"), rest_.size()); }
    /// The character behind the digits.
    char behind_digits() const noexcept { return digits() < rest_.size() ? rest_[digits()] : '\0'; }
    void skip(std::size_t count) noexcept { rest_.remove_prefix(count); }
    std::string_view rest() const noexcept { return rest_; }

    /// A number of `least` to `most` digits.
    std::optional<int> number(std::size_t least, std::size_t most) noexcept {
        const std::size_t count = std::min(digits(), most);
        if (count < least)
            return std::nullopt;
        int value = 0;
        std::from_chars(rest_.data(), rest_.data() + count, value);
        rest_.remove_prefix(count);
        return value;
    }

private:
    std::string_view rest_;
};

constexpr std::array<std::string_view, 7> weekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};

void read_weekday(Reader &reader, WrittenTime &written) {
    const std::string word = reader.letters();
    for (unsigned i = 0; i < weekdays.size(); ++i) {
        if (word == weekdays[i] || word == weekdays[i].substr(0, 3)) {
            written.weekday = i;
            reader.skip(word.size());
            reader.skip_blanks();
        }
    }
}

bool set_date(WrittenTime &written, std::optional<int> year, std::optional<int> month, std::optional<int> day) {
    if (!year || !month || !day)
        return false;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    written.date = date;
    return true;
}

bool read_number_date(Reader &reader, WrittenTime &written) {
    if (reader.digits() == 8 || reader.digits() == 14) {
        const auto year = reader.number(4, 4), month = reader.number(2, 2), day = reader.number(2, 2);
        return set_date(written, year, month, day);
    }
    const bool short_year = reader.digits() == 2;
    auto year = reader.number(2, 4);
    if (short_year)
        *year += *year < 69 ? 2000 : 1900; // as strptime(3) has it
    if (!year || (!short_year && *year < 1000) || !reader.take('-'))
        return false;
    const auto month = reader.number(1, 2);
    if (!reader.take('-'))
        return false;
    return set_date(written, year, month, reader.number(1, 2));
}

/// False: what stands there is no day.
bool read_day(Reader &reader, WrittenTime &written) {
    const std::string word = reader.letters();
    if (word == "today" || word == "yesterday" || word == "tomorrow") {
        written.days_from_today = word == "today" ? 0 : word == "yesterday" ? -1 : 1;
        reader.skip(word.size());
        return !written.weekday;
    }
    const bool is_time = reader.digits() > 0 && reader.behind_digits() == ':';
    const bool is_date = reader.digits() == 8 || reader.digits() == 14 || reader.behind_digits() == '-';
    if (is_time || reader.digits() == 0 || !is_date)
        return written.weekday || is_time;
    return read_number_date(reader, written);
}

/// Where no time stands, it is 00:00.
bool read_time(Reader &reader, WrittenTime &written) {
    const bool is_compact = reader.digits() == 6;
    if (reader.digits() == 0)
        return true;
    const auto hour = is_compact ? reader.number(2, 2) : reader.number(1, 2);
    if (!is_compact && !reader.take(':'))
        return false;
    const auto minute = reader.number(2, 2);
    std::optional<int> seconds = 0;
    if (is_compact || reader.take(':'))
        seconds = reader.number(2, 2);
    if (!hour || !minute || !seconds || *hour > 23 || *minute > 59 || *seconds > 60)
        return false;
    written.hour = *hour;
    written.minute = *minute;
    written.second = *seconds;
    if (!reader.take('.'))
        return true;
    if (reader.digits() == 0)
        return false;
    std::string fraction(reader.rest().substr(0, std::min<std::size_t>(reader.digits(), 6)));
    fraction.resize(6, '0');
    reader.skip(reader.digits());
    written.usec = std::stoi(fraction);
    return true;
}

bool read_offset(Reader &reader, WrittenTime &written) {
    const int sign = reader.take('-') ? -1 : 1;
    if (sign > 0)
        reader.take('+');
    const auto hours = reader.number(2, 2);
    const bool has_minutes = reader.take(':') || reader.digits() > 0;
    const auto minutes = has_minutes ? reader.number(2, 2) : std::optional<int>(0);
    if (!hours || !minutes || *hours > 23 || *minutes > 59)
        return false;
    written.offset = sign * (*hours * 3600 + *minutes * 60);
    return reader.at_end();
}

bool read_zone(Reader &reader, WrittenTime &written) {
    reader.skip_blanks();
    if (reader.at_end())
        return true;
    const std::string name(reader.rest());
    if (name[0] == '+' || name[0] == '-')
        return read_offset(reader, written);
    if (lower_case(name) == "utc" || lower_case(name) == "z") {
        written.offset = 0;
        return true;
    }
    ::tzset();
    for (int summer = 0; summer < 2; ++summer) {
        if (name == ::tzname[summer]) {
            written.summer = summer;
            return true;
        }
    }
    written.zone = name;
    const bool is_inside = name[0] != '/' && name[0] != '.' && name.find("..") == std::string::npos;
    return is_inside && name.find('/') != std::string::npos &&
           ::access(("/usr/share/zoneinfo/" + name).c_str(), R_OK) == 0;
}

} // namespace

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::optional<WrittenTime> read_written_time(std::string_view text) {
    Reader reader(text);
    WrittenTime written;
    read_weekday(reader, written);
    if (!read_day(reader, written))
        return std::nullopt;
    const bool has_blank = reader.skip_blanks();
    if (written.date && !has_blank && (reader.take('T') || reader.take('t')) && reader.digits() == 0)
        return std::nullopt;
    if (!read_time(reader, written) || !read_zone(reader, written))
        return std::nullopt;
    return written;
}

} // namespace iptracking
