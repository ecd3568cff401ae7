#pragma once

namespace ladder {

/// True while nothing has come in on a connection: no byte, no end, no error. What comes
/// when nothing was asked for belongs to no answer, and the connection is of no more use
/// (RFC 9112 §9.2). So whoever keeps connections looks before one is used again.
///
/// One recv(2) that takes nothing and never waits.
bool is_quiet(int socket) noexcept;

} // namespace ladder
