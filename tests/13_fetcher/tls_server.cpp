#include "tls_server.hpp"

#include "raw_server.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder::fetcher::test {

namespace {

void must(bool is_so) {
    if (!is_so) throw std::runtime_error{"tls_server"};
}

void add_extension(X509* c, int which, const std::string& value) {
    X509_EXTENSION* e = ::X509V3_EXT_conf_nid(nullptr, nullptr, which, value.c_str());
    must(e != nullptr);
    ::X509_add_ext(c, e, -1);
    ::X509_EXTENSION_free(e);
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    *out = offered + 1; // the first one
    *size = offered[0];
    return offered_size > 1 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

} // namespace

certificate::certificate(const what& w, const certificate* issuer)
    : key_(EVP_EC_gen("P-256"), ::EVP_PKEY_free),
      certificate_(::X509_new(), ::X509_free) {
    static std::atomic<long> serial = 1;
    X509* c = certificate_.get();
    ::X509_set_version(c, 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(c), serial++);
    ::X509_gmtime_adj(X509_getm_notBefore(c), w.from);
    ::X509_gmtime_adj(X509_getm_notAfter(c), w.to);
    ::X509_set_pubkey(c, key_.get());
    X509_NAME* subject = ::X509_get_subject_name(c);
    ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(w.name.c_str()),
                                 -1, -1, 0);
    ::X509_set_issuer_name(c, issuer ? ::X509_get_subject_name(issuer->get()) : subject);
    if (w.authority)
        add_extension(c, NID_basic_constraints, "critical,CA:TRUE");
    else if (!w.names.empty())
        add_extension(c, NID_subject_alt_name, w.names);
    must(::X509_sign(c, issuer ? issuer->key() : key_.get(), ::EVP_sha256()) > 0);
}

std::string certificate::pem() const {
    const std::unique_ptr<BIO, int (*)(BIO*)> text{::BIO_new(::BIO_s_mem()), ::BIO_free};
    ::PEM_write_bio_X509(text.get(), certificate_.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

namespace {

std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> server_context(const certificate& c) {
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{
        ::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free};
    ::SSL_CTX_use_certificate(context.get(), c.get());
    ::SSL_CTX_use_PrivateKey(context.get(), c.key());
    return context;
}

} // namespace

tls_server::tls_server(const certificate& c, const behaviour& b)
    : behaviour_(b),
      context_(server_context(c)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    ::SSL_CTX_set_alpn_select_cb(context_.get(), choose_protocol, nullptr);
    ::SSL_CTX_set_session_id_context(context_.get(),
                                     reinterpret_cast<const unsigned char*>("test"), 4);
    if (b.highest_version != 0) {
        ::SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_min_proto_version(context_.get(), 0);
        SSL_CTX_set_max_proto_version(context_.get(), b.highest_version);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    must(::bind(listener_, where, size) == 0 && ::listen(listener_, 100) == 0 &&
         ::getsockname(listener_, where, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread{[this] { serve(); }};
}

tls_server::~tls_server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

std::string tls_server::url(std::string_view path, std::string_view host) const {
    return fmt::format("https://{}:{}{}", host, port_, path);
}

std::string tls_server::name_asked_for() const {
    const std::lock_guard lock{mutex_};
    return name_;
}

std::string tls_server::protocol() const {
    const std::lock_guard lock{mutex_};
    return protocol_;
}

void tls_server::serve() {
    for (int connection = 0; (connection = ::accept(listener_, nullptr, nullptr)) >= 0;) {
        ++connections;
        const timeval limit{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        answer(connection);
        ::close(connection);
    }
}

void tls_server::answer(int connection) {
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl{::SSL_new(context_.get()), ::SSL_free};
    ::SSL_set_fd(ssl.get(), connection);
    if (::SSL_accept(ssl.get()) != 1) return;
    if (::SSL_session_reused(ssl.get()) == 1) ++resumed;
    const char* name = ::SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    const unsigned char* chosen = nullptr;
    unsigned int chosen_size = 0;
    ::SSL_get0_alpn_selected(ssl.get(), &chosen, &chosen_size);
    {
        const std::lock_guard lock{mutex_};
        if (name != nullptr) name_ = name;
        protocol_.assign(reinterpret_cast<const char*>(chosen), chosen_size);
    }

    BIO* out = ::SSL_get_wbio(ssl.get()); // what is written goes out when it is flushed
    ::BIO_up_ref(out);
    out = ::BIO_push(::BIO_new(::BIO_f_buffer()), out);
    ::SSL_set0_wbio(ssl.get(), out);

    std::string received;
    char bytes[4096];
    for (int count = 0;; ++count) {
        while (received.find("\r\n\r\n") == std::string::npos) {
            const int size = ::SSL_read(ssl.get(), bytes, sizeof bytes);
            if (size <= 0) return;
            received.append(bytes, static_cast<std::size_t>(size));
        }
        const std::string path = received.substr(4, received.find(" HTTP/1") - 4);
        received.erase(0, received.find("\r\n\r\n") + 4);
        if (behaviour_.renegotiates) {
            ::SSL_renegotiate(ssl.get());
            ::SSL_do_handshake(ssl.get()); // asks for one; the client begins it
            SSL_clear_mode(ssl.get(), SSL_MODE_AUTO_RETRY); // a read ends with it
            while (::SSL_renegotiate_pending(ssl.get()) == 1)
                if (::SSL_get_error(ssl.get(), ::SSL_peek(ssl.get(), bytes, 1)) !=
                    SSL_ERROR_WANT_READ)
                    return;
        }
        std::string text =
            behaviour_.unannounced_end
                ? "HTTP/1.0 200 OK\r\n\r\n" + path
                : fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n"
                              "Connection: {}\r\n\r\n{}",
                              path.size(), behaviour_.keep ? "keep-alive" : "close",
                              path);
        ::SSL_write(ssl.get(), text.data(), static_cast<int>(text.size()));
        if (count == 0 && !behaviour_.late.empty()) // in one piece: no clock in it
            ::SSL_write(ssl.get(), behaviour_.late.data(),
                        static_cast<int>(behaviour_.late.size()));
        BIO_flush(out);
        if (behaviour_.unannounced_end) return;
        if (!behaviour_.keep) {
            ::SSL_shutdown(ssl.get());
            BIO_flush(out);
            return;
        }
    }
}

void pass_on_secured(int connection, const certificate& c, std::uint16_t port) {
    const auto context = server_context(c);
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl{::SSL_new(context.get()), ::SSL_free};
    ::SSL_set_fd(ssl.get(), connection);
    if (::SSL_accept(ssl.get()) != 1) return;
    const int plain = connect_to(port);
    char bytes[4096];
    std::array<pollfd, 2> either{pollfd{connection, POLLIN, 0}, {plain, POLLIN, 0}};
    for (bool open = true; open && ::poll(either.data(), either.size(), 20'000) > 0;) {
        if (either[0].revents != 0) do {
                const int size = ::SSL_read(ssl.get(), bytes, sizeof bytes);
                open = size > 0 && ::send(plain, bytes, static_cast<std::size_t>(size),
                                          MSG_NOSIGNAL) == size;
            } while (open && ::SSL_pending(ssl.get()) > 0);
        if (open && either[1].revents != 0) {
            const auto size = ::recv(plain, bytes, sizeof bytes, 0);
            open =
                size > 0 && ::SSL_write(ssl.get(), bytes, static_cast<int>(size)) == size;
        }
    }
    ::SSL_shutdown(ssl.get());
    ::close(plain);
}

} // namespace ladder::fetcher::test
