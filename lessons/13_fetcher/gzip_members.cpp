#include "gzip_members.hpp"

#include <stdexcept>

#include <zlib.h>

namespace ladder::fetcher {

namespace {

constexpr int gzip_window = 15 + 16; // zlib: its largest, and a gzip header
constexpr int little_memory = 6;     // zlib: what has to be cleared for each member

/// Of a member, and of its only block, which is stored (RFC 1951 §3.2.4); then come the
/// length, twice.
constexpr std::string_view stored_header{"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11};
constexpr std::size_t length_size = 4;

void end_stream(z_stream* stream) {
    ::deflateEnd(stream);
    delete stream;
}

void put(char* to, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i)
        to[i] = static_cast<char>(number >> (8 * i) & 0xff);
}

} // namespace

gzip_members::gzip_members() : stream_(new z_stream{}, end_stream) {
    if (::deflateInit2(stream_.get(), Z_BEST_SPEED, Z_DEFLATED, gzip_window,
                       little_memory, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error{"no memory for compression"};
}

void gzip_members::begin(std::string& out, std::uint64_t size) {
    out_ = &out;
    stored_ = size <= longest_stored;
    if (stored_)
        out.append(stored_header).append(length_size, '\0');
    else
        ::deflateReset(stream_.get());
    begin_ = out.size();
}

void gzip_members::append(std::string_view bytes) {
    if (stored_)
        out_->append(bytes);
    else
        compress(bytes, Z_NO_FLUSH);
}

void gzip_members::end() {
    if (!stored_) return compress({}, Z_FINISH);
    const std::size_t size = out_->size() - begin_;
    char* const bytes = &(*out_)[begin_];
    const auto sum =
        ::crc32(0, reinterpret_cast<const Bytef*>(bytes), static_cast<uInt>(size));
    put(bytes - 4, size, 2);
    put(bytes - 2, ~size, 2);
    char trailer[8];
    put(trailer, sum, 4);
    put(trailer + 4, size, 4);
    out_->append(trailer, sizeof trailer);
}

void gzip_members::compress(std::string_view bytes, int how) {
    z_stream& z = *stream_;
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    constexpr std::size_t step = 4096;
    do {
        const std::size_t before = out_->size();
        out_->resize(before + step);
        z.next_out = reinterpret_cast<Bytef*>(&(*out_)[before]);
        z.avail_out = step;
        ::deflate(&z, how);
        out_->resize(before + step - z.avail_out);
    } while (z.avail_out == 0);
}

} // namespace ladder::fetcher
