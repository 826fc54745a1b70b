// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json.h"

#include "line/format.h"
#include "output/safe_text.h"
#include "output/values.h"

#include <algorithm>
#include <cstdio>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace iptracking {
namespace {

void append_utf16_escape(std::string &out, std::int32_t code) {
    char escape[16];
    const auto number = static_cast<unsigned>(code);
    if (number < 0x10000)
        std::snprintf(escape, sizeof(escape), "\\u%04x", number);
    else
        std::snprintf(escape, sizeof(escape), "\\u%04x\\u%04x", 0xd7c0 + (number >> 10), 0xdc00 + (number & 0x3ff));
    out += escape;
}

void append_byte_in_hex(std::string &out, unsigned char byte) {
    out += {'\\', '\\', 'x', line::hex_digits[byte >> 4], line::hex_digits[byte & 15]};
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const Character first = first_character(text);
        if (first.code < 0)
            append_byte_in_hex(out, static_cast<unsigned char>(text[0]));
        else if (!shows_itself(first.code))
            append_utf16_escape(out, first.code);
        else
            out.append(text[0] == '\\' || text[0] == '"' ? "\\" : "").append(text.substr(0, first.size));
        text.remove_prefix(first.size);
    }
    return out + "\"";
}

} // namespace

struct Json::Impl {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
};

Json::Json() : impl_(std::make_unique<Impl>()) {}
Json::~Json() = default;

void Json::begin_object() {
    impl_->writer.StartObject();
}

void Json::end_object() {
    impl_->writer.EndObject();
}

void Json::begin_array() {
    impl_->writer.StartArray();
}

void Json::end_array() {
    impl_->writer.EndArray();
}

void Json::name(std::string_view name) {
    impl_->writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void Json::null() {
    impl_->writer.Null();
}

void Json::text(std::string_view text) {
    if (is_plain(text)) {
        impl_->writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        return;
    }
    const std::string raw = json_string(text);
    impl_->writer.RawValue(raw.data(), raw.size(), rapidjson::kStringType);
}

void Json::number(std::int64_t number) {
    impl_->writer.Int64(number);
}

void Json::real(double number) {
    const std::string text = shortest(number);
    if (text.empty())
        null();
    else
        impl_->writer.RawValue(text.data(), text.size(), rapidjson::kNumberType);
}

void Json::boolean(bool value) {
    impl_->writer.Bool(value);
}

void Json::time(std::int64_t usec, bool utc) {
    text(rfc3339(usec, utc));
}

void Json::seconds(std::int64_t usec) {
    const std::string text = iptracking::seconds(usec);
    impl_->writer.RawValue(text.data(), text.size(), rapidjson::kNumberType);
}

void Json::cell(const Cell &cell, Kind kind, bool utc) {
    if (const auto *string = std::get_if<std::string>(&cell))
        return text(*string);
    if (const auto *list = std::get_if<std::vector<std::string>>(&cell)) {
        begin_array();
        for (const std::string &item : *list)
            text(item);
        return end_array();
    }
    if (const auto *is = std::get_if<bool>(&cell))
        return boolean(*is);
    if (const auto *value = std::get_if<double>(&cell))
        return real(*value);
    if (const auto *value = std::get_if<std::int64_t>(&cell))
        return kind == Kind::time ? time(*value, utc) : kind == Kind::duration ? seconds(*value) : number(*value);
    null();
}

std::string Json::take() {
    std::string text(impl_->buffer.GetString(), impl_->buffer.GetSize());
    impl_->buffer.Clear();
    impl_->writer.Reset(impl_->buffer);
    return text;
}

} // namespace iptracking
