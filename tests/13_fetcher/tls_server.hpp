#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;

namespace ladder::fetcher::test {

/// A certificate and its key, made for one test.
class certificate {
public:
    struct what {
        std::string name = "localhost"; ///< Whose: also the subject's CN.
        std::string names =
            "DNS:localhost,IP:127.0.0.1"; ///< As openssl-x509v3_config(5); may be none.
        long from = -3600;                ///< Seconds from now.
        long to = 3600;
        bool authority = false;
    };

    /// Signed by `issuer`, or by itself.
    explicit certificate(const what& w, const certificate* issuer = nullptr);

    std::string pem() const; ///< Without the key.

    x509_st* get() const { return certificate_.get(); }

    evp_pkey_st* key() const { return key_.get(); }

private:
    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<x509_st> certificate_;
};

/// Answers every request over TLS with its path, one connection after the other.
class tls_server {
public:
    struct behaviour {
        int highest_version = 0; ///< 0: any.
        std::string late{};      ///< Sent behind the first answer of a connection.
        bool unannounced_end =
            false;                 ///< HTTP/1.0, and the connection ends without a word.
        bool keep = true;          ///< Connections.
        bool renegotiates = false; ///< Before it answers; TLS 1.2 and older.
    };

    tls_server(const certificate& c, const behaviour& b);
    explicit tls_server(const certificate& c) : tls_server(c, behaviour{}) {}
    ~tls_server();
    tls_server(const tls_server&) = delete;
    tls_server& operator=(const tls_server&) = delete;

    std::string url(std::string_view path, std::string_view host = "localhost") const;

    std::atomic<int> connections = 0;
    std::atomic<int> resumed = 0;
    /// By SNI, of the last connection that asked for one.
    std::string name_asked_for() const;
    /// By ALPN, of the last connection.
    std::string protocol() const;

private:
    void serve();
    void answer(int connection);

    behaviour behaviour_;
    std::shared_ptr<ssl_ctx_st> context_;
    int listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_; ///< For the next two.
    std::string name_, protocol_;
    std::jthread thread_;
};

/// The server's side of TLS on a connection; what is inside goes on to a port of this
/// machine, and back, until one of the two ends.
void pass_on_secured(int connection, const certificate& c, std::uint16_t port);

} // namespace ladder::fetcher::test
