// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iptracking::test {

/// What a row says, read back by other means than the driver's.
struct StoredRow {
    std::string uid, src, dst, event, outcome, service, date;
    int src_port = 0, dst_port = 0, pid = 0, flags = 0;
    /// rx_bytes, tx_bytes, rx_packets, tx_packets, and auth_method, auth_key, cert_id, cert_serial, cert_ca.
    std::string counters, auth; ///< joined by blanks; of what is not known nothing
};

/// A database under test, which can be taken away as an administrator or an accident would.
class Store {
public:
    virtual ~Store() = default;
    virtual DriverConfig config() const = 0;
    virtual std::vector<StoredRow> rows() const = 0;
    /// Of sessions that go on: "USER rx_bytes tx_bytes rx_packets tx_packets", as text.
    virtual std::vector<std::string> samples() const = 0;
    /// It cannot be reached; what is in it stays.
    virtual void take_away() = 0;
    virtual void bring_back() = 0;
    /// It is gone, with what was in it.
    virtual void destroy() = 0;
    /// As it is now, and as it was when it was kept.
    virtual void keep_a_copy() = 0;
    virtual void put_the_copy_back() = 0;
};

/// What is not empty, joined by blanks.
inline std::string joined(const std::vector<std::string> &texts) {
    std::string all;
    for (const std::string &text : texts)
        if (!text.empty())
            all += (all.empty() ? "" : " ") + text;
    return all;
}

/// `folder` is the store's own, and there.
std::unique_ptr<Store> make_csv_store(const std::string &folder);
std::unique_ptr<Store> make_sqlite_store(const std::string &folder);
std::unique_ptr<Store> make_postgres_store(const std::string &folder);

} // namespace iptracking::test
