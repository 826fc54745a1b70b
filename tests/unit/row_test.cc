// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/row.h"

#include "line/format.h"
#include "support.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

/// What the last of the lines becomes; the words stand behind "event=open_session".
class RowTest : public ::testing::Test {
protected:
    const RowReader &read(const std::string &words) {
        batch_.bytes.clear();
        batch_ = test::batch_of("iptracking/1 event=open_session " + words + "\n");
        row_.read(batch_.events.at(0));
        return row_;
    }
    /// "-": not known.
    std::string text(Text which) const { return row_[which].present ? std::string(row_[which].text) : "-"; }
    std::string auth() const {
        return text(Text::auth_method) + " " + text(Text::auth_key) + " " + text(Text::cert_id) + " " +
               text(Text::cert_serial) + " " + text(Text::cert_ca);
    }

    Batch batch_;
    RowReader row_{batch_};
};

constexpr const char ed25519[] =
    "publickey\\x20ssh-ed25519\\x20AAAAC3NzaC1lZDI1NTE5AAAAIMaKlsHTvtKm36UsHRHX1aqV+9dDuErbnXzJYtU8Nu62\\x0a";

TEST_F(RowTest, GivesCountersAsNumbers) {
    read("rx_bytes=0 tx_bytes=72057594037927936 tx_packets=17");
    EXPECT_EQ(row_.counter(Counter::rx_bytes), 0);
    EXPECT_EQ(row_.counter(Counter::tx_bytes), highest_counter);
    EXPECT_EQ(row_.counter(Counter::rx_packets), std::nullopt);
    EXPECT_EQ(row_.counter(Counter::tx_packets), 17);
    read("user=a");
    EXPECT_EQ(row_.counter(Counter::rx_bytes), std::nullopt);
}

TEST_F(RowTest, KnowsNothingOfHowASessionWasOpenedWhereNobodySaysIt) {
    read("auth_method=password");
    EXPECT_EQ(auth(), "password - - - -");
    read("user=a");
    EXPECT_EQ(auth(), "- - - - -");
}

TEST_F(RowTest, TakesWhatWasMadeOfAnAuthInfo) {
    read("auth_method=publickey auth_key=SHA256:k cert_id=a\\x20b\\x01 cert_serial=18446744073709551615 "
         "cert_ca=SHA256:c");
    EXPECT_EQ(auth(), "publickey SHA256:k a b\\x01 18446744073709551615 SHA256:c");
    read("auth_method= auth_key=");
    EXPECT_EQ(auth(), "- - - - -");
}

TEST_F(RowTest, TakesNoSerialThatIsNone) {
    for (const char *strange : {"", "x", "-1", "1x", "18446744073709551616", "1.5", "+1"}) {
        read("cert_id=i cert_serial=" + std::string(strange));
        EXPECT_EQ(auth(), "- - i - -") << strange;
    }
}

TEST_F(RowTest, ReadsAnAuthInfo) {
    read("auth_info=" + std::string(ed25519));
    EXPECT_EQ(auth(), "publickey SHA256:BJaqB0Gma+1/iEpytM+poiIGkKc9tar/GVjoZVp72Bw - - -");
    EXPECT_EQ(row_.flags(), 0);
}

TEST_F(RowTest, BelievesTheAuthInfoMoreThanWhatWasMadeOfOne) {
    read("auth_info=password\\x0a auth_method=publickey auth_key=SHA256:k cert_id=i");
    EXPECT_EQ(auth(), "password - - - -");
    read("auth_method=publickey auth_key=SHA256:k auth_info=");
    EXPECT_EQ(auth(), "- - - - -");
}

TEST_F(RowTest, EndsTheLastLineOfAnAuthInfoThatWasNotCut) {
    read("auth_info=password");
    EXPECT_EQ(auth(), "password - - - -");
    read("auth_info=password cut=auth_info");
    EXPECT_EQ(auth(), "- - - - -");
    EXPECT_EQ(row_.flags(), flag::cut_auth_info);
}

TEST_F(RowTest, CutsWhatIsTooLong) {
    const std::string most(line::max_text, 'i');
    read("cert_id=" + most + "j");
    EXPECT_EQ(text(Text::cert_id), most);
    EXPECT_EQ(row_.flags(), flag::cut_auth_info);
}

} // namespace
} // namespace iptracking
