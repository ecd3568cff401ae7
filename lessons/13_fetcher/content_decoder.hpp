#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>

namespace ladder::fetcher {

/// Undoes the compression of a body, piece by piece (RFC 9110 §8.4): gzip, also of
/// several members and with something behind; deflate, as zlib writes it and without the
/// frame that some leave out; br and zstd. What was compressed twice is undone twice.
class content_decoder {
public:
    using sink = std::function<std::error_code(std::string_view piece)>;

    /// What to ask for, as Accept-Encoding has it.
    static constexpr std::string_view codings = "gzip, deflate, br, zstd";

    virtual ~content_decoder() = default;

    /// `names` is the answer's Content-Encoding. Gives at most `most` bytes to `out`, and
    /// not many more than came in: a bomb is a `body_too_large`. Null when there is
    /// nothing to undo; an error for a coding that nobody asked for.
    static std::unique_ptr<content_decoder>
    make(std::string_view names, std::uint64_t most, sink out, std::error_code& error);

    virtual std::error_code put(std::string_view bytes) = 0;
    /// No more will come. A stream that is not complete is an error.
    virtual std::error_code end() = 0;
};

} // namespace ladder::fetcher
