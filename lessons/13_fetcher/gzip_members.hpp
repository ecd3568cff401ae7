#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace ladder::fetcher {

/// Writes members of a gzip file (RFC 1952), each of which can be read by itself. A small
/// one is stored as it is: to compress it takes longer than to fetch what is in it.
class gzip_members {
public:
    static constexpr std::uint64_t longest_stored = 4096; ///< Bytes.

    gzip_members();

    /// Everything goes to the end of `out`, which must stay as it is while a member is
    /// stored. `size` is how many bytes there will be.
    void begin(std::string& out, std::uint64_t size);
    void append(std::string_view bytes);
    void end();

    /// The member changes what is in `out` until it ends.
    bool is_stored() const noexcept { return stored_; }

private:
    void compress(std::string_view bytes, int how);

    std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> stream_;
    std::string* out_ = nullptr;
    std::size_t begin_ = 0; ///< Of what is stored, in `out`.
    bool stored_ = false;
};

} // namespace ladder::fetcher
