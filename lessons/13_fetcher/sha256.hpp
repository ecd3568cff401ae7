#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace ladder::fetcher {

/// SHA-256 of bytes that come in pieces, by OpenSSL. Starts again after `finish`.
class sha256 {
public:
    sha256();

    void restart();
    void update(std::string_view piece);
    std::string finish(); ///< 64 hexadecimal digits.

private:
    struct free_context {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };

    std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

} // namespace ladder::fetcher
