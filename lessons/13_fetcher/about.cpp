#include "about.hpp"

#include "workbench/option_parser.hpp"

#include <boost/version.hpp>
#include <fmt/format.h>

#include <brotli/decode.h>
#include <idn2.h>
#include <openssl/crypto.h>
#include <zlib.h>
#include <zstd.h>

namespace ladder::fetcher {

std::string version_text() {
    const unsigned brotli = ::BrotliDecoderVersion();
    return fmt::format(
        "fetcher 1, of The Concurrency Ladder\n"
        "with Boost {}.{}.{}, {}, zlib {}, brotli {}.{}.{}, zstd {}, libidn2 {}, fmt "
        "{}.{}.{}, {}\n",
        BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100,
        ::OpenSSL_version(OPENSSL_VERSION), ::zlibVersion(), brotli >> 24,
        brotli >> 12 & 0xfff, brotli & 0xfff, ::ZSTD_versionString(),
        ::idn2_check_version(nullptr), FMT_VERSION / 10'000, FMT_VERSION / 100 % 100,
        FMT_VERSION % 100, option_parser::library());
}

} // namespace ladder::fetcher
