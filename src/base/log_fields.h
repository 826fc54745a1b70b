// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// The names of our journal fields and the ids of our messages, all in one place; journalctl finds them by
/// `journalctl MESSAGE_ID=…`.  The ids are random; each means one thing for ever (see iptracking-daemon(8)).
namespace iptracking::field {

inline constexpr const char message_id[] = "MESSAGE_ID";
inline constexpr const char target[] = "IPTRACKING_TARGET";
inline constexpr const char waiting_bytes[] = "IPTRACKING_WAITING_BYTES";
inline constexpr const char lines[] = "IPTRACKING_LINES";
inline constexpr const char accepted[] = "IPTRACKING_ACCEPTED";
inline constexpr const char stored[] = "IPTRACKING_STORED";
inline constexpr const char waiting[] = "IPTRACKING_WAITING";
inline constexpr const char refused[] = "IPTRACKING_REFUSED";
inline constexpr const char lost[] = "IPTRACKING_LOST";
inline constexpr const char damaged[] = "IPTRACKING_DAMAGED";
inline constexpr const char skipped[] = "IPTRACKING_SKIPPED";
inline constexpr const char stream[] = "IPTRACKING_STREAM";
inline constexpr const char config_file[] = "IPTRACKING_CONFIG";

} // namespace iptracking::field

namespace iptracking::message {

inline constexpr const char started[] = "3c5ea2af23fa4b919bdc753d210d4dc6";
inline constexpr const char stopped[] = "de3475df91604eedb492f2063e28d14f";
inline constexpr const char reloaded[] = "b02f4f43b4bd44fe858b3ec01556a52d";
inline constexpr const char bad_configuration[] = "dcfe8bdbd0804d65bb14d314aece3093";
inline constexpr const char database_ready[] = "9e9a35e98a91408d8b59971c635fd399";
inline constexpr const char database_away[] = "7a62bf8089ab4f039fef8b5fb1a1b4ec";
inline constexpr const char database_locked[] = "017380940b1a47e28603b9bafe9ce562";
inline constexpr const char pool_full[] = "6a0a33f1a9424180aa419aeaf6309eea";
inline constexpr const char line_damaged[] = "6948af49283148a2a3cefe49cc977be0";
inline constexpr const char event_skipped[] = "f5d1c2e7a9b84c06b3e40d7a16c8925e";
inline constexpr const char database_corrupt[] = "0b7e94d35c8f4f1ea2d6c91b53f07a48";
inline constexpr const char pool_not_synced[] = "c48a1d90be2f4375913c6fe7d02b85aa";
inline constexpr const char counters[] = "91e63b0f27d54ca8b5f0482c7ad9163d";
inline constexpr const char unknown_stream[] = "e72eaa748ef74a9a9d47561ba72e2e68";

} // namespace iptracking::message
