// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/safe_text.h"
#include "report/render.h"
#include "report/treemap.h"
#include "report/words.h"
#include "report_sample.h"

#include <clocale>
#include <gtest/gtest.h>
#include <sstream>

namespace iptracking {
namespace {

bool has(const std::string &text, std::string_view part) {
    return text.find(part) != text.npos;
}

TEST(Treemap, PartsFillTheBoxWithoutOverlapAndAreAsLargeAsTheirShare) {
    const std::vector<double> sizes{50, 20, 10, 10, 5, 3, 1, 1};
    const std::vector<Box> boxes = squarified(sizes, {10, 20, 200, 100});
    ASSERT_EQ(boxes.size(), sizes.size());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        EXPECT_NEAR(boxes[i].width * boxes[i].height, sizes[i] * 200, 1e-6) << i;
        EXPECT_GE(boxes[i].x, 10 - 1e-9);
        EXPECT_GE(boxes[i].y, 20 - 1e-9);
        EXPECT_LE(boxes[i].x + boxes[i].width, 210 + 1e-9);
        EXPECT_LE(boxes[i].y + boxes[i].height, 120 + 1e-9);
        EXPECT_LT(std::max(boxes[i].width / boxes[i].height, boxes[i].height / boxes[i].width), 4) << i;
        for (std::size_t k = 0; k < i; ++k) {
            const double wide =
                std::min(boxes[i].x + boxes[i].width, boxes[k].x + boxes[k].width) - std::max(boxes[i].x, boxes[k].x);
            const double high =
                std::min(boxes[i].y + boxes[i].height, boxes[k].y + boxes[k].height) - std::max(boxes[i].y, boxes[k].y);
            EXPECT_LT(std::min(wide, high), 1e-9) << i << " over " << k;
        }
    }
    EXPECT_TRUE(squarified({}, {0, 0, 1, 1}).empty());
}

TEST(Words, NumbersAndSpansReadAsInASentence) {
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(-999), "-999");
    EXPECT_EQ(with_commas(1234567), "1,234,567");
    EXPECT_EQ(count_of(1, "bar", "bars"), "1 bar");
    constexpr std::int64_t hour = 3'600'000'000;
    EXPECT_EQ(span_in_words(7 * 24 * hour), "7 days");
    EXPECT_EQ(span_in_words(7 * 24 * hour + hour), "7 days"); // clocks were put back
    EXPECT_EQ(span_in_words(36 * hour), "36 hours");
    EXPECT_EQ(span_in_words(hour), "1 hour");
}

TEST(Headline, SaysWhatStandsOut) {
    const std::vector<std::string> said = headline(sample_report());
    ASSERT_EQ(said.size(), 5U);
    EXPECT_EQ(said[0], "9,590 attempts to log in, 36% more than in the 7 days before; 99.6% failed.");
    EXPECT_TRUE(has(said[1], "198.51.100.0/24")) << said[1];
    EXPECT_TRUE(has(said[1], "Wednesday at 02:00")) << said[1];
    EXPECT_TRUE(has(said[2], "31 logins after attempts that failed")) << said[2];
    EXPECT_TRUE(has(said[4], "2 sessions are open, the first since 2026-10-30 08:00:00Z (bob)")) << said[4];
}

TEST(Headline, ComparesWithTheTimeBefore) {
    Report report = sample_report();
    const auto says = [&](std::int64_t before) {
        report.before = {.failures = before};
        return headline(report)[0];
    };
    EXPECT_TRUE(has(says(9500), "attempts to log in, about as many as in the 7 days before;")) << says(9500);
    EXPECT_TRUE(has(says(19180), ", 50% fewer than in the 7 days before;")) << says(19180);
    EXPECT_TRUE(has(says(959), ", 10 times as many as in the 7 days before;")) << says(959);
    EXPECT_TRUE(has(says(0), "attempts to log in; 99.6% failed.")) << says(0);
    report.since_usec = report.until_usec - 86'400'000'000;
    EXPECT_TRUE(has(says(9500), "in the day before")) << says(9500);
}

TEST(Headline, ANameIsOneWordWhateverItSays) {
    Report report = sample_report();
    report.after_failures.shown[0].user = "root from 192.0.2.1 after 0 failures. All is well";
    EXPECT_TRUE(has(headline(report)[2], "root\\x20from\\x20192.0.2.1"));
}

TEST(Headline, SaysOfAnEmptyWeekThatNobodyCame) {
    EXPECT_EQ(headline(Report{}),
              (std::vector<std::string>{"Nobody tried to log in.", "Nobody was let in after attempts that failed.",
                                        "Nobody logged in from a new address.", "No session is open."}));
}

TEST(ReportPage, EveryNameOfTheTemplateIsFilled) {
    for (const std::string &page :
         {report_as_html(sample_report()), report_as_html(Report{.host = "h", .database = "d"})}) {
        for (const char *const hole : {"=\"\"", "=\"%\"", "<dd></dd>", "<bdi></bdi>", "<title></title>",
                                       "<desc></desc>", "<td></td>", "<li></li>", "and  more"})
            EXPECT_FALSE(has(page, hole)) << hole;
        EXPECT_FALSE(has(page, "{{") && !has(page, "{{host}}"));
    }
}

TEST(ReportPage, LabelsOfDaysHaveRoomAtTheEnd) {
    Report report = sample_report();
    constexpr std::int64_t hour = 3'600'000'000;
    for (Slot &slot : report.slots)
        slot.start_usec += 13 * hour; // the last day begins in one of the last slots
    EXPECT_TRUE(has(report_as_html(report), ">11-22</text>"));
    EXPECT_FALSE(has(report_as_html(report), ">11-23</text>"));
}

TEST(ReportPage, WhatStrangersTypedIsText) {
    const std::string page = report_as_html(sample_report());
    EXPECT_FALSE(has(page, "<script"));
    EXPECT_TRUE(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&quot;&#39;&amp;{{host}}") ||
                has(page, "&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&quot;&apos;&amp;{{host}}"));
    EXPECT_FALSE(has(page, "\xe2\x80\xae"));
}

TEST(ReportPage, AsksForNothingFromOutside) {
    const std::string page = report_as_html(sample_report());
    EXPECT_TRUE(has(page, "content=\"default-src 'none'; style-src 'unsafe-inline'"));
    for (const char *const asking : {"http://", "https://", " src=", " href=", "url(", "@import"})
        EXPECT_FALSE(has(page, asking)) << asking;
}

TEST(ReportPage, TellsOfTrafficOnlyWhereThereIsSome) {
    const std::string page = report_as_html(sample_report()), text = report_as_text(sample_report());
    EXPECT_TRUE(has(page, "<title>2026-11-22: 21.0 MiB received</title>") && has(page, "2.8 GiB") &&
                has(page, "New keys"));
    EXPECT_TRUE(has(text, "Traffic by day") && has(text, "Users who moved most") && has(text, "New keys"));
    const Report nothing{.host = "h", .database = "d"};
    for (const std::string &empty : {report_as_html(nothing), report_as_text(nothing)})
        EXPECT_FALSE(has(empty, "Traffic") || has(empty, "New keys") || has(empty, "moved most"));
}

TEST(ReportText, FitsAMail) {
    Report report = sample_report();
    report.host = std::string(200, 'h');
    report.open.shown[0].host = std::string(200, 'x');
    report.users[0].name = "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7";
    for (const char *const locale : {"C", "C.UTF-8"}) {
        std::setlocale(LC_ALL, locale);
        std::istringstream lines(report_as_text(report));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(columns_of(line), 78U) << line;
            for (const char c : line)
                EXPECT_TRUE(std::string_view(locale) != "C" || (c >= ' ' && c <= '~')) << line;
        }
    }
    std::setlocale(LC_ALL, "C");
}

} // namespace
} // namespace iptracking
