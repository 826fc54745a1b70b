// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/ssh_key.h"

#include <array>
#include <cstdint>
#include <nettle/base64.h>
#include <nettle/sha2.h>

namespace iptracking {
namespace {

struct KeyType {
    std::string_view name;
    int fields;       ///< strings behind the name
    bool are_numbers; ///< each of which can be written in one way only
};

constexpr KeyType types[] = {
    {"ssh-ed25519", 1, false},
    {"ssh-rsa", 2, true},
    {"ecdsa-sha2-nistp256", 2, false},
    {"ecdsa-sha2-nistp384", 2, false},
    {"ecdsa-sha2-nistp521", 2, false},
    {"ssh-dss", 4, true},
    {"sk-ssh-ed25519@openssh.com", 2, false},
    {"sk-ecdsa-sha2-nistp256@openssh.com", 3, false},
    {"ssh-mldsa44-ed25519@openssh.com", 1, false},
};

constexpr std::string_view of_certificates = "-cert-v01@openssh.com", of_openssh = "@openssh.com";

const KeyType *find_type(std::string_view name) noexcept {
    for (const KeyType &type : types)
        if (type.name == name)
            return &type;
    return nullptr;
}

bool is_certificate(std::string_view type) noexcept {
    return type.find("-cert-v") != type.npos;
}

/// Of the key in a certificate of this type.
const KeyType *find_type_inside(std::string_view type) noexcept {
    if (!type.ends_with(of_certificates))
        return nullptr;
    type.remove_suffix(of_certificates.size());
    for (const KeyType &plain : types) {
        std::string_view name = plain.name;
        name.remove_suffix(name.ends_with(of_openssh) ? of_openssh.size() : 0);
        if (name == type)
            return &plain;
    }
    return nullptr;
}

/// Reads a blob from its front.  Once something is not there nothing is.
class BlobReader {
public:
    explicit BlobReader(std::string_view blob) noexcept : rest_(blob) {}

    /// Of so many bytes, the highest first.
    std::uint64_t number(std::size_t size) noexcept {
        std::uint64_t number = 0;
        for (const char byte : bytes(size))
            number = number << 8 | static_cast<unsigned char>(byte);
        return number;
    }
    std::string_view string() noexcept { return bytes(number(4)); }
    /// The public key, as it stands there.
    std::string_view fields(const KeyType &type) noexcept {
        const std::string_view before = rest_;
        for (int i = 0; i < type.fields; ++i)
            if (const std::string_view field = string(); type.are_numbers && !is_shortest(field))
                is_good_ = false;
        return before.substr(0, before.size() - rest_.size());
    }

    bool is_good() const noexcept { return is_good_; }
    bool is_at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view bytes(std::uint64_t size) noexcept {
        is_good_ = is_good_ && size <= rest_.size();
        if (!is_good_)
            return {};
        const std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }

    /// A positive number without zeros in front: sshd would write another one anew, and so does ssh-keygen.
    static bool is_shortest(std::string_view number) noexcept {
        const auto is_high = [number](std::size_t i) { return i < number.size() && (number[i] & 0x80) != 0; };
        return !number.empty() && !is_high(0) && (number[0] != 0 || is_high(1));
    }

    std::string_view rest_;
    bool is_good_ = true;
};

std::string fingerprint_of(std::string_view blob) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, blob.size(), reinterpret_cast<const std::uint8_t *>(blob.data()));
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
    sha256_digest(&context, digest.size(), digest.data());
    std::array<char, BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)> text;
    base64_encode_raw(text.data(), digest.size(), digest.data());
    return "SHA256:" + std::string(text.data(), text.size() - 1); // without the '='
}

/// Empty: it is none.
std::string fingerprint_of_plain(std::string_view type, std::string_view blob) {
    BlobReader reader(blob);
    if (reader.string() != type || is_certificate(type))
        return "";
    if (const KeyType *const known = find_type(type))
        reader.fields(*known);
    else
        while (reader.is_good() && !reader.is_at_end()) // all kinds of keys are strings
            reader.string();
    return reader.is_good() && reader.is_at_end() ? fingerprint_of(blob) : "";
}

std::string as_string(std::string_view bytes) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(bytes.size() >> shift);
    return out.append(bytes);
}

SshKey read_certificate(std::string_view type, std::string_view blob) {
    SshKey key{.is_certificate = true};
    const KeyType *const inside = find_type_inside(type);
    BlobReader reader(blob);
    if (!inside || reader.string() != type)
        return key;
    reader.string(); // a nonce
    const std::string_view fields = reader.fields(*inside);
    if (!reader.is_good())
        return key;
    key.fingerprint = fingerprint_of(as_string(inside->name).append(fields));

    const std::uint64_t serial = reader.number(8);
    if (reader.is_good())
        key.cert_serial = std::to_string(serial);
    reader.number(4); // of a user or of a host
    key.cert_id = reader.string();
    reader.string();  // principals
    reader.number(8); // valid after
    reader.number(8); // and before
    reader.string();  // critical options
    reader.string();  // extensions
    reader.string();  // reserved
    const std::string_view ca = reader.string();
    if (reader.is_good())
        key.cert_ca = fingerprint_of_plain(BlobReader(ca).string(), ca);
    return key;
}

struct Decoded {
    std::string blob;    ///< up to what is no base64
    bool is_all = false; ///< there is none
};

Decoded decoded(std::string_view base64) {
    Decoded decoded;
    base64_decode_ctx context;
    base64_decode_init(&context);
    std::uint8_t byte = 0;
    for (const char c : base64) {
        const int got = base64_decode_single(&context, &byte, c);
        if (got < 0)
            return decoded;
        if (got > 0)
            decoded.blob += static_cast<char>(byte);
    }
    decoded.is_all = base64_decode_final(&context);
    return decoded;
}

} // namespace

SshKey read_ssh_key(std::string_view type, std::string_view base64, bool is_whole) {
    const Decoded key = decoded(base64);
    if (is_certificate(type))
        return read_certificate(type, key.blob);
    return {.fingerprint = is_whole && key.is_all ? fingerprint_of_plain(type, key.blob) : ""};
}

} // namespace iptracking
