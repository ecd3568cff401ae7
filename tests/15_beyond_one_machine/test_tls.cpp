// What is said to a database is encrypted, and it can be made sure that it is the one.

#include "private_database.hpp"
#include "workbench/temporary.hpp"

#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdio>
#include <memory>
#include <string>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

using namespace ladder;
using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Writes a certificate that signs itself, for that name, and its key, into one file.
void write_certificate(const std::string& file, const std::string& names) {
    const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key{EVP_EC_gen("P-256"),
                                                                    ::EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&::X509_free)> c{::X509_new(), ::X509_free};
    ::X509_set_version(c.get(), 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(c.get()), 1);
    ::X509_gmtime_adj(X509_getm_notBefore(c.get()), -3600);
    ::X509_gmtime_adj(X509_getm_notAfter(c.get()), 3600);
    ::X509_set_pubkey(c.get(), key.get());
    X509_NAME* subject = ::X509_get_subject_name(c.get());
    const auto* text = reinterpret_cast<const unsigned char*>("a database");
    ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
    ::X509_set_issuer_name(c.get(), subject);
    X509_EXTENSION* e =
        ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    ::X509_add_ext(c.get(), e, -1);
    ::X509_EXTENSION_free(e);
    REQUIRE(::X509_sign(c.get(), key.get(), ::EVP_sha256()) > 0);
    std::FILE* out = std::fopen(file.c_str(), "w");
    REQUIRE(out);
    ::PEM_write_X509(out, c.get());
    ::PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    ::chmod(file.c_str(), 0644); // the server is another user
}

} // namespace

TEST_CASE("MariaDB: the connection is encrypted, and the server is the right one") {
    skip_without_database();
    const temporary_folder folder;
    ::chmod(folder.path().c_str(), 0755);
    const std::string own = folder / "server.pem", other = folder / "other.pem";
    write_certificate(own, "DNS:localhost,IP:127.0.0.1");
    write_certificate(other, "DNS:localhost");
    cluster servers{1, {"--ssl-cert=" + own, "--ssl-key=" + own}};
    fibers_on_asio::event_loop loop;
    const auto cipher = [&](const std::string& options) {
        auto address = parse_queue_address(servers.url() + options);
        address.password = cluster::password;
        if (options.empty()) address.tls = queue_address::encryption::on;
        sql database{loop.context(), address, {.patience = 0ms}};
        return database.ask("show session status like 'Ssl_cipher'").rows.at(0).at(1);
    };
    CHECK(cipher("?tls=off") == "");
    CHECK(cipher("") != "");
    // The certificate is of this server, but for another address than that.
    CHECK_THROWS_WITH(cipher("?ca=" + own),
                      ContainsSubstring("certificate verify failed"));
    CHECK_THROWS_WITH(cipher("?ca=" + other),
                      ContainsSubstring("certificate verify failed"));
    CHECK_THROWS_AS(cipher("?ca=/nowhere"), std::exception);

    const std::string url = servers.url();
    const auto host = url.substr(url.find('@') + 1, url.find(':', 8) - url.find('@') - 1);
    write_certificate(own, "IP:" + host);
    servers.kill(1);
    servers.start(1);
    CHECK(cipher("?ca=" + own) != "");
}
