// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/yaml_node.h"

#include <algorithm>
#include <yaml.h>

namespace iptracking {
namespace {

constexpr int deepest = 16;

Position position_of(const yaml_mark_t &mark) {
    return {mark.line + 1, mark.column + 1};
}

/// One event of libyaml's parser.
class YamlEvent {
public:
    YamlEvent() = default;
    ~YamlEvent() { yaml_event_delete(&event_); }
    YamlEvent(const YamlEvent &) = delete;
    YamlEvent &operator=(const YamlEvent &) = delete;

    yaml_event_t *get() noexcept { return &event_; }
    yaml_event_type_t type() const noexcept { return event_.type; }
    Position where() const noexcept { return position_of(event_.start_mark); }
    const yaml_event_t *operator->() const noexcept { return &event_; }

private:
    yaml_event_t event_{};
};

class Parser {
public:
    Parser(const std::string &file, const std::string &content) : file_(file), content_(content) {
        if (!yaml_parser_initialize(&parser_))
            throw std::bad_alloc();
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char *>(content.data()), content.size());
    }
    ~Parser() { yaml_parser_delete(&parser_); }
    Parser(const Parser &) = delete;
    Parser &operator=(const Parser &) = delete;

    YamlNode document() {
        expect(YAML_STREAM_START_EVENT);
        YamlNode root;
        root.kind = YamlNode::Kind::mapping;
        {
            YamlEvent start;
            next(start);
            if (start.type() == YAML_STREAM_END_EVENT)
                return root;
        }
        {
            YamlEvent first;
            next(first);
            const bool nothing = first.type() == YAML_SCALAR_EVENT && first->data.scalar.length == 0;
            YamlNode node = read(first, 1);
            if (!nothing)
                root = std::move(node);
        }
        expect(YAML_DOCUMENT_END_EVENT);
        YamlEvent end;
        next(end);
        if (end.type() != YAML_STREAM_END_EVENT)
            fail(end.where(), "a second document in the file");
        return root;
    }

private:
    [[noreturn]] void fail(Position where, const std::string &what) { throw ConfigError(file_, where, what); }

    void next(YamlEvent &event) {
        if (yaml_parser_parse(&parser_, event.get()))
            return;
        const std::string what = std::string("not YAML: ") + (parser_.problem ? parser_.problem : "unknown problem");
        // For bytes that are not UTF-8, libyaml knows only the offset.
        fail(parser_.error == YAML_READER_ERROR ? position_at(parser_.problem_offset)
                                                : position_of(parser_.problem_mark),
             what);
    }

    void expect(yaml_event_type_t type) {
        YamlEvent event;
        next(event);
        if (event.type() != type)
            fail(event.where(), "not a YAML document");
    }

    Position position_at(std::size_t offset) const {
        const auto end = content_.begin() + static_cast<std::ptrdiff_t>(std::min(offset, content_.size()));
        const auto lines = static_cast<std::size_t>(std::count(content_.begin(), end, '\n'));
        const std::size_t last = content_.rfind('\n', offset == 0 ? 0 : offset - 1);
        return {lines + 1, lines == 0 ? offset + 1 : offset - last};
    }

    void refuse_decoration(const YamlEvent &event, const yaml_char_t *anchor, const yaml_char_t *tag) {
        if (anchor)
            fail(event.where(), "anchors are not allowed");
        if (tag)
            fail(event.where(), "tags are not allowed");
    }

    YamlNode read(YamlEvent &event, int depth) {
        if (depth > deepest)
            fail(event.where(), "nested too deeply");
        YamlNode node;
        node.where = event.where();
        switch (event.type()) {
        case YAML_SCALAR_EVENT:
            read_scalar(event, node);
            break;
        case YAML_SEQUENCE_START_EVENT:
            refuse_decoration(event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
            read_sequence(node, depth);
            break;
        case YAML_MAPPING_START_EVENT:
            refuse_decoration(event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
            read_mapping(node, depth);
            break;
        case YAML_ALIAS_EVENT:
            fail(event.where(), "aliases are not allowed");
        default:
            fail(event.where(), "not a YAML document");
        }
        return node;
    }

    void read_scalar(const YamlEvent &event, YamlNode &node) {
        const auto &scalar = event->data.scalar;
        refuse_decoration(event, scalar.anchor, scalar.tag);
        node.text.assign(reinterpret_cast<const char *>(scalar.value), scalar.length);
        node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    }

    void read_sequence(YamlNode &node, int depth) {
        node.kind = YamlNode::Kind::sequence;
        for (;;) {
            YamlEvent event;
            next(event);
            if (event.type() == YAML_SEQUENCE_END_EVENT)
                return;
            node.items.push_back(read(event, depth + 1));
        }
    }

    void read_mapping(YamlNode &node, int depth) {
        node.kind = YamlNode::Kind::mapping;
        for (;;) {
            YamlEvent key_event;
            next(key_event);
            if (key_event.type() == YAML_MAPPING_END_EVENT)
                return;
            if (key_event.type() != YAML_SCALAR_EVENT && key_event.type() != YAML_ALIAS_EVENT)
                fail(key_event.where(), "a key must be a word");
            YamlNode key = read(key_event, depth + 1);
            YamlEvent event;
            next(event);
            YamlNode &item = node.items.emplace_back(read(event, depth + 1));
            item.key = std::move(key.text);
            item.key_where = key.where;
        }
    }

    const std::string &file_;
    const std::string &content_;
    yaml_parser_t parser_{};
};

} // namespace

YamlNode parse_yaml(const std::string &file, const std::string &content) {
    if (content.size() > longest_yaml)
        throw ConfigError(file, {}, "longer than " + std::to_string(longest_yaml) + " bytes");
    return Parser(file, content).document();
}

} // namespace iptracking
