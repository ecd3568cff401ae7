#pragma once

#include "workbench/http_url.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace ladder::fetcher {

/// Why there is no secure connection: a value below `tls_other` says what is wrong with
/// the other side's certificate (X509_V_ERR_…), the others what OpenSSL says.
const std::error_category& tls_category() noexcept;
inline constexpr int tls_other = 1000;

/// What the secure connections of one worker have in common: whom they trust, and what
/// makes the next one to the same host cheaper (session resumption, RFC 8446 §2.2).
class tls_context {
public:
    /// `certificates` is a file of those to trust in PEM; empty: the system's. `insecure`
    /// trusts everybody. Throws std::runtime_error when the file is none.
    tls_context(const std::string& certificates, bool insecure);
    ~tls_context();
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

private:
    friend class tls_session;
    struct free_session {
        void operator()(ssl_session_st*) const;
    };
    using session = std::unique_ptr<ssl_session_st, free_session>;

    static int keep(ssl_st* from, ssl_session_st* session);
    session take(const std::string& origin);

    std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
    /// By origin. Each is used once, so that nobody can tell two connections of one
    /// client by it (RFC 8446 §C.4).
    std::unordered_map<std::string, std::vector<session>> sessions_;
};

/// The client's side of one TLS connection without any I/O: it says which bytes to send,
/// takes those that were received, and between the two are the plain ones. TLS 1.2 or
/// later, with the host's name (SNI) and `http/1.1` (ALPN) in its first message.
class tls_session {
public:
    tls_session(tls_context& context, const http_url& url);
    ~tls_session();
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    enum class progress : char { done, needs_bytes, ended, failed };

    /// Goes on with the handshake.
    progress handshake();
    /// Puts plain bytes into what is to be sent; all of them, after the handshake.
    void write(std::string_view plain);
    /// Gets plain bytes out of what was received; `size` is how many.
    progress read(std::span<char> plain, std::size_t& size);
    /// Nothing is there to be read, and the other side has not ended it.
    bool is_quiet();

    std::string_view to_send() const;
    void sent(std::size_t size);
    void received(std::string_view bytes);

    bool resumed() const; ///< From an earlier connection.

    /// After `failed`.
    std::error_code error() const { return error_; }

    /// More about it: whose certificate that is.
    const std::string& detail() const { return detail_; }

private:
    friend class tls_context;

    static int verified(int good, x509_store_ctx_st* what);
    progress failed(int result);

    std::string origin_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
    std::size_t sent_ = 0; ///< Of what is to be sent.
    std::error_code error_;
    std::string detail_;
    std::string culprit_; ///< The certificate that is not to be trusted.
};

} // namespace ladder::fetcher
