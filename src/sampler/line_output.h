// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "line/line_buffer.h"

#include <cstddef>

namespace iptracking {

/// Lines to a descriptor, each with one write(2).  A pipe belongs to those who log in: a line that would wait, or leave
/// them less than half of it, is refused by an Error.
class LineOutput {
public:
    explicit LineOutput(int fd);
    void write(const LineBuffer &line);

private:
    void leave_room(std::size_t size) const;

    int fd_;
    bool is_pipe_;
};

} // namespace iptracking
