#include "sha256.hpp"

#include <array>
#include <stdexcept>

#include <openssl/evp.h>

namespace ladder::fetcher {

namespace {

const EVP_MD* algorithm() { // looked up once: that costs more than hashing a small page
    static const std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> found{
        EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free};
    return found.get();
}

void check(int ok) {
    if (ok != 1) throw std::runtime_error{"OpenSSL cannot compute SHA-256"};
}

} // namespace

void sha256::free_context::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

sha256::sha256() : context_(EVP_MD_CTX_new()) {
    restart();
}

void sha256::restart() {
    check(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr));
}

void sha256::update(std::string_view piece) {
    check(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()));
}

std::string sha256::finish() {
    std::array<unsigned char, 32> digest{};
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
    restart();
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(2 * digest.size(), '\0');
    auto to = text.begin();
    for (const unsigned char byte : digest) {
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    return text;
}

} // namespace ladder::fetcher
