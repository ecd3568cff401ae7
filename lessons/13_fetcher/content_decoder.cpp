#include "content_decoder.hpp"

#include "workbench/http_exchange.hpp"
#include "workbench/text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t step_size = 16 << 10;       // bytes that one step gives
constexpr std::uint64_t always_allowed = 1 << 20; // bytes, however few came in
constexpr std::uint64_t most_per_byte = 1100;     // beyond them, as much as gzip can do
constexpr int most_codings = 3;                   // one upon another

/// Counts what goes out, and refuses what is too much; also beside what came in, which
/// the first of several decoders counts for all of them.
class limited {
public:
    limited(std::uint64_t most, content_decoder::sink out,
            std::shared_ptr<std::uint64_t> in, bool is_first)
        : most_(most),
          out_(std::move(out)),
          in_(std::move(in)),
          is_first_(is_first) {}

    void came_in(std::size_t size) { *in_ += is_first_ ? size : 0; }

    std::error_code give(const void* bytes, std::size_t size) {
        out_size_ += size;
        if (out_size_ > most_ ||
            out_size_ > std::max(always_allowed, *in_ * most_per_byte))
            return http_error::body_too_large;
        if (size == 0) return {};
        return out_({static_cast<const char*>(bytes), size});
    }

private:
    std::uint64_t most_;
    content_decoder::sink out_;
    std::shared_ptr<std::uint64_t> in_;
    bool is_first_;
    std::uint64_t out_size_ = 0;
};

/// gzip (RFC 1952) and deflate (RFC 1950, or RFC 1951 alone).
class inflater : public content_decoder {
public:
    inflater(bool gzip, limited out) : gzip_(gzip), out_(std::move(out)) {}

    ~inflater() override {
        if (begun_) ::inflateEnd(&z_);
    }

    std::error_code put(std::string_view bytes) override {
        out_.came_in(bytes.size());
        held_ += bytes;
        std::error_code error;
        // The first two bytes say what it is.
        while (!error && !garbage_ && !held_.empty() && (begun_ || held_.size() >= 2))
            error = step();
        return error;
    }

    std::error_code end() override {
        const bool nothing = !begun_ && !ended_ && held_.empty();
        const bool a_byte_behind = !begun_ && ended_;
        if (nothing || a_byte_behind || garbage_) return {};
        return http_error::bad_compression;
    }

private:
    std::error_code step() {
        if (!begun_ && !begin())
            return garbage_ ? std::error_code{} : http_error::bad_compression;
        std::array<unsigned char, step_size> bytes;
        z_.next_in = reinterpret_cast<unsigned char*>(held_.data());
        z_.avail_in = static_cast<unsigned>(held_.size());
        int result = Z_OK;
        std::error_code error;
        do {
            z_.next_out = bytes.data();
            z_.avail_out = bytes.size();
            result = ::inflate(&z_, Z_NO_FLUSH);
            error = out_.give(bytes.data(), bytes.size() - z_.avail_out);
        } while (!error && result == Z_OK && (z_.avail_in > 0 || z_.avail_out == 0));
        held_.erase(0, held_.size() - z_.avail_in);
        if (error) return error;
        if (result == Z_STREAM_END) {
            ::inflateEnd(&z_);
            begun_ = false;
            ended_ = true;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return http_error::bad_compression;
        }
        return {};
    }

    /// False: what is behind the end is no other member, and nobody's concern.
    bool begin() {
        const auto first = static_cast<unsigned char>(held_[0]);
        const auto second = static_cast<unsigned char>(held_[1]);
        garbage_ = ended_ && !(gzip_ && first == 0x1f && second == 0x8b);
        if (garbage_) return false;
        const bool zlib = first % 16 == 8 && (first * 256 + second) % 31 == 0;
        z_ = {};
        begun_ = ::inflateInit2(&z_, gzip_ ? 15 + 16 : zlib ? 15 : -15) == Z_OK;
        return begun_;
    }

    bool gzip_;
    limited out_;
    z_stream z_{};
    std::string held_;
    bool begun_ = false;   ///< `z_` is in use.
    bool ended_ = false;   ///< At least one member is complete.
    bool garbage_ = false; ///< Nothing more is wanted.
};

class brotli : public content_decoder { // RFC 7932
public:
    explicit brotli(limited out) : out_(std::move(out)) {}

    std::error_code put(std::string_view bytes) override {
        out_.came_in(bytes.size());
        const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
        std::size_t left = bytes.size();
        auto result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
        while (!ended_ && result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
            std::array<std::uint8_t, step_size> given;
            std::uint8_t* next = given.data();
            std::size_t room = given.size();
            result = ::BrotliDecoderDecompressStream(state_.get(), &left, &in, &room,
                                                     &next, nullptr);
            if (const auto error = out_.give(given.data(), given.size() - room))
                return error;
            if (result == BROTLI_DECODER_RESULT_ERROR) return http_error::bad_compression;
            ended_ = result == BROTLI_DECODER_RESULT_SUCCESS;
        }
        begun_ |= !bytes.empty();
        return {};
    }

    std::error_code end() override {
        return !begun_ || ended_ ? std::error_code{} : http_error::bad_compression;
    }

private:
    limited out_;
    std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state_{
        ::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr),
        ::BrotliDecoderDestroyInstance};
    bool begun_ = false;
    bool ended_ = false;
};

class zstd : public content_decoder { // RFC 8878
public:
    explicit zstd(limited out) : out_(std::move(out)) {
        ::ZSTD_DCtx_setParameter(state_.get(), ZSTD_d_windowLogMax, 23); // RFC 9659: 8 MB
    }

    /// A frame's header comes byte by byte. Whoever has it all at once looks whether the
    /// whole frame is there, and reads it in another way, which finds other mistakes; and
    /// looks for that frame in the last piece alone, where there may be another one.
    std::error_code put(std::string_view bytes) override {
        out_.came_in(bytes.size());
        ZSTD_inBuffer in{bytes.data(), 0, 0};
        bool full = false;
        while (in.pos < bytes.size() || full) {
            std::array<char, step_size> given;
            ZSTD_outBuffer out{given.data(), given.size(), 0};
            const std::size_t before = in.pos;
            in.size = in_frame_ < longest_header ? std::min(in.pos + 1, bytes.size())
                                                 : bytes.size();
            left_ = ::ZSTD_decompressStream(state_.get(), &out, &in);
            if (::ZSTD_isError(left_) != 0U) return http_error::bad_compression;
            if (const auto error = out_.give(given.data(), out.pos)) return error;
            full = left_ != 0 && out.pos == out.size;
            in_frame_ = left_ == 0 ? 0 : in_frame_ + in.pos - before;
        }
        begun_ |= !bytes.empty();
        return {};
    }

    std::error_code end() override {
        return !begun_ || left_ == 0 ? std::error_code{} : http_error::bad_compression;
    }

private:
    limited out_;
    std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> state_{::ZSTD_createDCtx(),
                                                                   ::ZSTD_freeDCtx};
    static constexpr std::size_t longest_header = 18; // bytes; RFC 8878 §3.1.1.1

    std::size_t left_ = 0;     ///< Of the frame; 0: it is complete.
    std::size_t in_frame_ = 0; ///< Bytes of it that came.
    bool begun_ = false;
};

/// What was compressed twice: `outer` was done last, and gives to `inner`.
class two : public content_decoder {
public:
    two(std::unique_ptr<content_decoder> outer, std::shared_ptr<content_decoder> inner)
        : inner_(std::move(inner)),
          outer_(std::move(outer)) {}

    std::error_code put(std::string_view bytes) override { return outer_->put(bytes); }

    std::error_code end() override {
        const auto error = outer_->end();
        return error ? error : inner_->end();
    }

private:
    std::shared_ptr<content_decoder> inner_;
    std::unique_ptr<content_decoder> outer_;
};

using decoder = std::unique_ptr<content_decoder>;

/// Of the codings in `names`, the last one was done last and is undone first.
decoder make_of(std::string_view names, std::uint64_t most, content_decoder::sink out,
                const std::shared_ptr<std::uint64_t>& in, bool is_first,
                std::error_code& error) {
    const std::size_t comma = names.rfind(',');
    auto last = names.substr(comma + 1); // npos + 1 is 0
    last.remove_prefix(std::min(last.find_first_not_of(" \t"), last.size()));
    last = last.substr(0, last.find_last_not_of(" \t") + 1);
    if (comma != std::string_view::npos) {
        const auto before = names.substr(0, comma);
        const bool undone_here = !last.empty() && !same_text(last, "identity");
        if (!undone_here)
            return make_of(before, most, std::move(out), in, is_first, error);
        std::shared_ptr<content_decoder> inner =
            make_of(before, most, out, in, false, error);
        if (error) return {};
        if (!inner) return make_of(last, most, std::move(out), in, is_first, error);
        auto outer = make_of(
            last, most, [inner](std::string_view piece) { return inner->put(piece); }, in,
            is_first, error);
        if (!outer) return {};
        return std::make_unique<two>(std::move(outer), std::move(inner));
    }
    limited into{most, std::move(out), in, is_first};
    if (same_text(last, "gzip") || same_text(last, "x-gzip") ||
        same_text(last, "deflate"))
        return std::make_unique<inflater>(!same_text(last, "deflate"), std::move(into));
    if (same_text(last, "br")) return std::make_unique<brotli>(std::move(into));
    if (same_text(last, "zstd")) return std::make_unique<zstd>(std::move(into));
    if (!last.empty() && !same_text(last, "identity"))
        error = http_error::bad_compression;
    return {};
}

} // namespace

std::unique_ptr<content_decoder> content_decoder::make(std::string_view names,
                                                       std::uint64_t most, sink out,
                                                       std::error_code& error) {
    if (std::ranges::count(names, ',') <= most_codings)
        return make_of(names, most, std::move(out), std::make_shared<std::uint64_t>(0),
                       true, error);
    error = http_error::bad_compression;
    return {};
}

} // namespace ladder::fetcher
