#include "tls.hpp"

#include "workbench/last_error.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t most_hosts = 1000;              // of which sessions are kept
constexpr std::size_t most_sessions = 64;             // of one host
constexpr unsigned char protocols[] = "\x08http/1.1"; // RFC 7301

class tls_error_category : public std::error_category {
public:
    const char* name() const noexcept override { return "tls"; }

    std::string message(int value) const override {
        if (value < tls_other)
            return fmt::format("the certificate is not to be trusted: {}",
                               ::X509_verify_cert_error_string(value));
        const char* reason =
            ::ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, value - tls_other));
        return fmt::format("no secure connection: {}", reason ? reason : "TLS failed");
    }
};

std::string name_of(const X509* certificate) {
    std::unique_ptr<BIO, int (*)(BIO*)> text{::BIO_new(::BIO_s_mem()), ::BIO_free};
    ::X509_NAME_print_ex(text.get(), ::X509_get_subject_name(certificate), 0,
                         XN_FLAG_RFC2253);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

} // namespace

const std::error_category& tls_category() noexcept {
    static const tls_error_category category;
    return category;
}

void tls_context::free_session::operator()(SSL_SESSION* session) const {
    ::SSL_SESSION_free(session);
}

tls_context::tls_context(const std::string& certificates, bool insecure)
    : context_(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free) {
    SSL_CTX* c = context_.get();
    if (!c) throw std::runtime_error{"no TLS"};
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    ::SSL_CTX_set_verify(c, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                         tls_session::verified);
    ::SSL_CTX_set_alpn_protos(c, protocols, sizeof protocols - 1);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT |
                                          SSL_SESS_CACHE_NO_INTERNAL_STORE);
    ::SSL_CTX_sess_set_new_cb(c, keep);
    SSL_CTX_set_app_data(c, this);
    if (insecure) return;
    if (certificates.empty())
        ::SSL_CTX_set_default_verify_paths(c);
    else if (::access(certificates.c_str(), R_OK) != 0)
        throw last_error(certificates);
    else if (::SSL_CTX_load_verify_file(c, certificates.c_str()) != 1)
        throw std::runtime_error{fmt::format("{} has no certificates", certificates)};
    ::ERR_clear_error();
}

tls_context::~tls_context() = default;

/// OpenSSL calls it when the other side gives us something to come back with.
int tls_context::keep(SSL* from, SSL_SESSION* given) {
    auto* self = static_cast<tls_context*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(from)));
    const auto* session_of = static_cast<const tls_session*>(SSL_get_app_data(from));
    session owned{given};
    if (self->sessions_.size() > most_hosts) self->sessions_.clear();
    auto& kept = self->sessions_[session_of->origin_];
    if (kept.size() >= most_sessions) kept.erase(kept.begin());
    kept.push_back(std::move(owned));
    return 1; // it is ours now
}

tls_context::session tls_context::take(const std::string& origin) {
    const auto found = sessions_.find(origin);
    if (found == sessions_.end() || found->second.empty()) return {};
    session last = std::move(found->second.back());
    found->second.pop_back();
    return last;
}

tls_session::tls_session(tls_context& context, const http_url& url)
    : origin_(url.origin()),
      ssl_(::SSL_new(context.context_.get()), ::SSL_free) {
    SSL* s = ssl_.get();
    ::SSL_set_bio(s, ::BIO_new(::BIO_s_mem()), ::BIO_new(::BIO_s_mem()));
    ::SSL_set_connect_state(s);
    SSL_set_app_data(s, this);
    boost::system::error_code no_address;
    boost::asio::ip::make_address(url.host, no_address);
    std::string name = url.host;
    if (name.ends_with('.')) name.pop_back();
    if (no_address) {
        SSL_set_tlsext_host_name(s, name.c_str()); // RFC 6066 §3: a name, no address
        ::SSL_set_hostflags(s,
                            X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                X509_CHECK_FLAG_NEVER_CHECK_SUBJECT); // RFC 9110 §4.3.4
        ::SSL_set1_host(s, name.c_str());
    } else {
        ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(s), name.c_str());
    }
    if (const auto last = context.take(origin_)) ::SSL_set_session(s, last.get());
}

tls_session::~tls_session() {
    // Without this, OpenSSL takes it for broken off, and nobody could come back with it.
    ::SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

/// OpenSSL calls it for each certificate that it has looked at.
int tls_session::verified(int good, X509_STORE_CTX* what) {
    const auto* ssl = static_cast<const SSL*>(
        ::X509_STORE_CTX_get_ex_data(what, ::SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* self = static_cast<tls_session*>(SSL_get_app_data(ssl));
    const X509* certificate = ::X509_STORE_CTX_get_current_cert(what);
    if (good == 0 && certificate && self) self->culprit_ = name_of(certificate);
    return good;
}

tls_session::progress tls_session::handshake() {
    ::ERR_clear_error();
    const int result = ::SSL_do_handshake(ssl_.get());
    return result == 1 ? progress::done : failed(result);
}

void tls_session::write(std::string_view plain) {
    while (!plain.empty()) { // into memory: there is always room
        const int size =
            ::SSL_write(ssl_.get(), plain.data(),
                        static_cast<int>(std::min<std::size_t>(plain.size(), 1 << 20)));
        if (size <= 0) return static_cast<void>(failed(size));
        plain.remove_prefix(static_cast<std::size_t>(size));
    }
}

tls_session::progress tls_session::read(std::span<char> plain, std::size_t& size) {
    ::ERR_clear_error();
    const int result = ::SSL_read_ex(ssl_.get(), plain.data(), plain.size(), &size);
    return result == 1 ? progress::done : failed(result);
}

bool tls_session::is_quiet() {
    ::ERR_clear_error();
    char byte = 0;
    const int result = ::SSL_peek(ssl_.get(), &byte, 1); // takes tickets, and the like
    return result <= 0 && failed(result) == progress::needs_bytes;
}

tls_session::progress tls_session::failed(int result) {
    const int why = ::SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ) return progress::needs_bytes;
    if (why == SSL_ERROR_ZERO_RETURN) return progress::ended;
    const long verified = ::SSL_get_verify_result(ssl_.get());
    const bool of_certificate =
        verified != X509_V_OK && ::SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
    const int reason = ERR_GET_REASON(::ERR_peek_last_error());
    error_ = {of_certificate ? static_cast<int>(verified) : tls_other + reason,
              tls_category()};
    detail_ = error_.message();
    if (of_certificate && !culprit_.empty()) detail_ += fmt::format(" ({})", culprit_);
    return progress::failed;
}

std::string_view tls_session::to_send() const {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(::SSL_get_wbio(ssl_.get()), &bytes);
    return std::string_view{bytes, static_cast<std::size_t>(size)}.substr(sent_);
}

void tls_session::sent(std::size_t size) {
    sent_ += size;
    if (!to_send().empty()) return;
    BIO_reset(::SSL_get_wbio(ssl_.get()));
    sent_ = 0;
}

void tls_session::received(std::string_view bytes) {
    ::BIO_write(::SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
}

bool tls_session::resumed() const {
    return ::SSL_session_reused(ssl_.get()) == 1;
}

} // namespace ladder::fetcher
