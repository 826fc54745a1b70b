// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/found_line.h"

#include "import/event_batch.h"
#include "store/row.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

std::string text(const FoundEvent &event, Text which) {
    return event.text(which).value_or("-");
}

TEST(FoundLine, KeepsWhatARefusedLineSays) {
    // Longer than a text may be: a method that sshd does not have, and a key.
    const auto found =
        read_found_line("iptracking/1 event=open_session time=7 src=192.0.2.7 pid=4 rx_bytes=0 tx_packets=9 user=a "
                        "auth_info=publickey\\x20ssh-ed25519\\x20"
                        "AAAAC3NzaC1lZDI1NTE5AAAAIMaKlsHTvtKm36UsHRHX1aqV+9dDuErbnXzJYtU8Nu62\\x0apassword\\x20" +
                        std::string(600, 'x') + "\\x0akeyboard-inter cut=auth_info");
    ASSERT_TRUE(found);
    EXPECT_EQ(text(*found, Text::auth_method), "publickey,password");
    EXPECT_EQ(text(*found, Text::auth_key), "SHA256:BJaqB0Gma+1/iEpytM+poiIGkKc9tar/GVjoZVp72Bw");
    EXPECT_EQ(text(*found, Text::cert_id), "-");
    EXPECT_EQ(found->counters[0], 0);
    EXPECT_EQ(found->counters[1], std::nullopt);
    EXPECT_EQ(found->counters[3], 9);
    EXPECT_EQ(found->flags, flag::cut_auth_info);
    EXPECT_EQ(text(*found, Text::host), "-"); // who reads it need not be who was told

    Batch batch;
    append_to(batch, *found);
    append_to(batch, *found);
    RowReader row(batch);
    row.read(batch.events.at(1));
    EXPECT_EQ(row[Text::auth_method].text, "publickey,password");
    EXPECT_EQ(row[Text::auth_key].text, text(*found, Text::auth_key));
    EXPECT_EQ(row.counter(Counter::rx_bytes), 0);
    EXPECT_EQ(row.counter(Counter::tx_bytes), std::nullopt);
    EXPECT_EQ(row.counter(Counter::tx_packets), 9);
    EXPECT_EQ(row.flags(), flag::cut_auth_info);
}

TEST(FoundLine, TakesASampleForNoEvent) {
    EXPECT_FALSE(read_found_line("iptracking/1 event=sample time=7 dport=22"));
}

TEST(FoundLine, ReadsBehindGarbageAndTheCommaForm) {
    const auto behind =
        read_found_line("iptracking/1 event=au iptracking/1 event=auth time=7 user=a\\x20b tty=t rx_bytes=5");
    ASSERT_TRUE(behind);
    EXPECT_EQ(text(*behind, Text::user), "a b");
    EXPECT_EQ(text(*behind, Text::tty), "t");
    EXPECT_EQ(behind->counters[0], 5);
    const auto comma = read_found_line("198.51.100.5,192.0.2.7,51234,auth,a\\x20b,2026-11-20 10:00:00");
    ASSERT_TRUE(comma);
    EXPECT_EQ(text(*comma, Text::user), "a\\x5cx20b");
}

} // namespace
} // namespace iptracking
