// By which way servers are reached: proxies, other addresses, files, and what passwords
// are sent there.

#include "fetcher/netrc.hpp"
#include "fetcher/route.hpp"
#include "fetcher/socks.hpp"
#include "fetcher_program.hpp"
#include "raw_server.hpp"
#include "tls_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace ladder::fetcher::test;
using namespace ladder::fetcher;
using ladder::http_url;
using ladder::raw_server;
using strings = std::vector<std::string>;

namespace {

http_url parsed(std::string_view url) {
    std::error_code error;
    auto taken_apart = ladder::parse_url(url, error, ladder::schemes::also_https);
    REQUIRE_FALSE(error);
    return taken_apart;
}

raw_server::answer right_answer() {
    return {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"};
}

/// Runs the fetcher with these variables, and no others about proxies.
ladder::ended_program run_with(const std::map<std::string, std::string>& variables,
                               strings arguments) {
    arguments.insert(arguments.end(), {"-q", "--retries", "0"});
    return run(std::move(arguments), {.prepare = [&] {
                   ::unsetenv("no_proxy");
                   for (const auto& [name, value] : variables)
                       ::setenv(name.c_str(), value.c_str(), 1);
               }});
}

bool is_right(const ladder::ended_program& ended) {
    INFO(ended.out << ended.err);
    const auto results = parse_results(ended.out);
    return ended.status == 0 && results.size() == 1 &&
           results[0].sha256 == digest("right");
}

/// A connection from port to port, for a while.
void pass_on(int from, int to) {
    char bytes[4096];
    for (ssize_t size; (size = ::recv(from, bytes, sizeof bytes, 0)) > 0;)
        if (::send(to, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL) < 0) break;
    ::shutdown(to, SHUT_WR);
}

/// Something that listens, and does with each connection what a test says.
class listener {
public:
    using handler = std::function<void(int connection)>;

    explicit listener(handler h, const std::string& file = "") : handler_(std::move(h)) {
        sockaddr_storage where{};
        socklen_t size = sizeof(sockaddr_in);
        if (file.empty()) {
            auto& in = reinterpret_cast<sockaddr_in&>(where);
            in.sin_family = AF_INET;
            in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        } else {
            auto& un = reinterpret_cast<sockaddr_un&>(where);
            un.sun_family = AF_UNIX;
            std::memcpy(un.sun_path, file.c_str(), file.size() + 1);
            size = sizeof(sockaddr_un);
        }
        auto* address = reinterpret_cast<sockaddr*>(&where);
        socket_ = ::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::bind(socket_, address, size) != 0 || ::listen(socket_, 16) != 0 ||
            ::getsockname(socket_, address, &size) != 0)
            throw std::runtime_error{"listen"};
        port_ = ntohs(reinterpret_cast<const sockaddr_in&>(where).sin_port);
        thread_ = std::jthread{[this] {
            for (int c = 0; (c = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;
                 ::close(c))
                handler_(c);
        }};
    }

    ~listener() {
        end();
        ::close(socket_);
    }

    /// Answers no more. What the handler has written may be read from then on.
    void end() {
        ::shutdown(socket_, SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
    }

    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    std::uint16_t port() const { return port_; }

private:
    handler handler_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

std::string read_some(int connection, std::size_t least) {
    std::string all(4096, '\0');
    std::size_t size = 0;
    while (size < least) {
        const auto got = ::recv(connection, all.data() + size, all.size() - size, 0);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    all.resize(size);
    return all;
}

void write_all(int connection, std::string_view bytes) {
    ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void join_with(int connection, std::uint16_t port) {
    const int other = ladder::connect_to(port);
    std::jthread back{[&] { pass_on(other, connection); }};
    pass_on(connection, other);
    back.join();
    ::close(other);
}

/// Answers CONNECT, always with the same server behind it, and remembers the requests.
class tunnel_proxy {
public:
    explicit tunnel_proxy(std::uint16_t behind, std::string answer = "200 Connected")
        : listener_([this, behind, answer](int connection) {
              const std::string head = read_some(connection, 1);
              {
                  const std::scoped_lock lock{mutex_};
                  heads_.push_back(head);
              }
              write_all(connection, "HTTP/1.1 " + answer + "\r\n\r\n");
              if (answer.starts_with("2")) join_with(connection, behind);
          }) {}

    std::uint16_t port() const { return listener_.port(); }

    strings heads() const {
        const std::scoped_lock lock{mutex_};
        return heads_;
    }

private:
    mutable std::mutex mutex_;
    strings heads_;
    listener listener_;
};

std::uint16_t port_of(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoi(parsed(url).port));
}

} // namespace

TEST_CASE("a proxy is read as people write it") {
    const auto read = [](std::string_view text) {
        const proxy_server p = read_proxy(text);
        return fmt::format("{}{} {} {}", p.socks ? "socks " : "", p.at.host, p.at.port,
                           p.at.credentials);
    };
    CHECK(read("http://p:3128") == "p 3128 ");
    CHECK(read("http://p:80/") == "p 80 ");
    CHECK(read("http://p:443") == "p 443 ");
    CHECK(read("p") == "p 1080 ");
    CHECK(read("p:8080") == "p 8080 ");
    CHECK(read("u:s%40e@p:8080") == "p 8080 u:s@e");
    CHECK(read("socks5://[::1]:9") == "socks ::1 9 ");
    CHECK(read("SOCKS5H://u:p@p") == "socks p 1080 u:p");
    CHECK(read("https://p") == "p 443 ");
    CHECK(read("u:s@b\xc3\xbc"
               "cher:9") == "xn--bcher-kva 9 u:s");
    CHECK(read_proxy("HTTPS://u:s@p:1").at.secure);
    CHECK_FALSE(read_proxy("http://p:443").at.secure);
    for (const char* wrong : {"https://", "socks4://p:1", "ftp://p", "http://", ""})
        CHECK_THROWS_AS(read_proxy(wrong), std::invalid_argument);
}

TEST_CASE("which hosts need no proxy") {
    struct line {
        const char* url;
        const char* list;
        bool listed;
    };
    for (const auto& [url, list, listed] :
         std::vector<line>{{"http://a.example.com/", "example.com", true},
                           {"http://a.example.com/", ".example.com", true},
                           {"http://a.example.com/", "*.example.com", true},
                           {"http://example.com/", ".example.com", true},
                           {"http://EXAMPLE.com./", "example.COM", true},
                           {"http://notexample.com/", "example.com", false},
                           {"http://example.com.evil/", "example.com", false},
                           {"http://a/", "x, a", true},
                           {"http://a/", "x a", true},
                           {"http://a/", "*", true},
                           {"http://a/", "", false},
                           {"http://a:81/", "a:81", true},
                           {"http://a:82/", "a:81", false},
                           {"http://127.0.0.1/", "127.0.0.1", true},
                           {"http://127.0.0.1/", "127.0.0.0/8", true},
                           {"http://128.0.0.1/", "127.0.0.0/8", false},
                           {"http://127.0.0.1/", "0.0.1", false},
                           {"http://[::1]/", "::1", true},
                           {"http://[::1]/", "[::1]", true},
                           {"http://[::1]:81/", "[::1]:81", true},
                           {"http://[fd00::5]/", "fd00::/8", true},
                           {"http://[::1]/", "fd00::/8,1/2/3,/", false},
                           {"http://[::1]/", "[::1", false},
                           {"http://a/", "[::1,a", true}}) {
        INFO(url << " " << list);
        CHECK(is_listed(parsed(url), list) == listed);
    }
}

TEST_CASE("connections are shared where that is right") {
    const auto key = [](const route_settings& settings, std::string_view url) {
        const router routes{settings};
        return routes.find(parsed(url)).key;
    };
    const auto shared = [&](const route_settings& s, const char* a, const char* b) {
        return key(s, a) == key(s, b);
    };
    CHECK(shared({}, "http://a/x", "http://a:80/y"));
    CHECK_FALSE(shared({}, "http://a/", "http://b/"));
    CHECK_FALSE(shared({}, "http://a:443/", "https://a/"));
    const route_settings elsewhere{.connect_to = "::c:81\n"};
    CHECK(shared(elsewhere, "http://a/", "http://b/"));
    CHECK_FALSE(shared(elsewhere, "https://a/", "https://b/"));
    const route_settings by_proxy{.proxy = "p:1", .no_proxy = "c"};
    CHECK(shared(by_proxy, "http://a/", "http://b/"));
    CHECK_FALSE(shared(by_proxy, "http://a/", "http://c/"));
    CHECK_FALSE(shared(by_proxy, "https://a/", "https://b/"));
    CHECK_FALSE(shared({.proxy = "socks5://p"}, "http://a/", "http://b/"));
    CHECK(shared({.unix_socket = "/s"}, "http://a/", "http://b/"));
    CHECK_FALSE(shared({.unix_socket = "/s"}, "https://a/", "https://b/"));
    for (const char* wrong : {"a:1:b", "a:x:b:2", "[::1:1:b:2"})
        CHECK_THROWS_AS(router{{.connect_to = wrong}}, std::invalid_argument);
    for (const char* wrong : {"a:1", "a:1:b", "a"})
        CHECK_THROWS_AS(router{{.resolve = wrong}}, std::invalid_argument);
}

TEST_CASE("a proxy is asked for pages, and alone sees its password") {
    const raw_server server{[](std::string_view, int) { return right_answer(); }};
    const raw_server proxy{[](std::string_view, int) { return right_answer(); }};
    const std::string with_password =
        fmt::format("http://u:secret@127.0.0.1:{}", proxy.port());
    const auto ended =
        run_with({}, {"http://example.test:81/a?b", "--proxy", with_password});
    CHECK(is_right(ended));
    const std::string head = proxy.requests().at(0);
    CHECK(head.starts_with("GET http://example.test:81/a?b HTTP/1.1\r\nHost: "
                           "example.test:81\r\n"));
    CHECK(contains(head, "\r\nProxy-Authorization: Basic dTpzZWNyZXQ=\r\n"));
    CHECK_FALSE(contains(ended.out + ended.err, "secret"));

    const std::string header = "Proxy-Authorization: Bearer secret";
    CHECK(is_right(run_with({}, {server.url("/"), "-H", header})));
    CHECK_FALSE(contains(server.requests().back(), "secret"));
    CHECK(is_right(run_with({}, {"http://a/", "--proxy", proxy.url(""), "-H", header})));
    CHECK(contains(proxy.requests().back(), "\r\n" + header + "\r\n"));
    const auto bad = run_with({}, {"http://a/", "--proxy", "ftp://u:secret@p"});
    CHECK(bad.status == 2);
    CHECK_FALSE(contains(bad.err, "secret"));
}

TEST_CASE("the environment names proxies") {
    const raw_server server{[](std::string_view, int) { return right_answer(); }};
    const raw_server proxy{[](std::string_view, int) { return right_answer(); }};
    const auto by_proxy = [&](const std::map<std::string, std::string>& variables,
                              const strings& more = {}) {
        const auto before = proxy.requests().size();
        strings arguments{server.url("/")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        CHECK(is_right(run_with(variables, arguments)));
        return proxy.requests().size() > before;
    };
    CHECK(by_proxy({{"http_proxy", proxy.url("")}}));
    CHECK(by_proxy({{"ALL_PROXY", proxy.url("")}}));
    CHECK_FALSE(by_proxy({{"HTTP_PROXY", proxy.url("")}}));
    CHECK_FALSE(by_proxy({{"https_proxy", proxy.url("")}}));
    CHECK_FALSE(by_proxy({{"http_proxy", proxy.url("")}, {"NO_PROXY", "127.0.0.1"}}));
    CHECK_FALSE(by_proxy({{"http_proxy", proxy.url("")}}, {"--no-proxy", "*"}));
    CHECK(by_proxy({{"http_proxy", "127.0.0.1:1"}}, {"--proxy", proxy.url("")}));
    const auto bad = run_with({{"https_proxy", "ftp://u:secret@p"}}, {server.url("/")});
    CHECK(bad.status == 2);
    CHECK(bad.err.starts_with("fetcher: https_proxy: a proxy is like "));
}

TEST_CASE("https goes through a proxy in a tunnel") {
    const certificate own{{.names = "DNS:example.test"}};
    const tls_server server{own};
    const scratch_folder folder;
    write_file(folder / "cert.pem", own.pem());
    const auto fetch = [&](std::uint16_t proxy) {
        return run_with({}, {"https://example.test/path", "--proxy",
                             fmt::format("u:secret@127.0.0.1:{}", proxy), "--cacert",
                             folder / "cert.pem", "-H", "Authorization: mine"});
    };
    const tunnel_proxy good{port_of(server.url("/"))};
    const auto ended = fetch(good.port());
    CHECK(parse_results(ended.out).at(0).sha256 == digest("/path"));
    CHECK(good.heads().at(0).starts_with("CONNECT example.test:443 HTTP/1.1\r\n"));
    CHECK(contains(good.heads().at(0), "\r\nHost: example.test:443\r\n"));
    CHECK(
        contains(good.heads().at(0), "\r\nProxy-Authorization: Basic dTpzZWNyZXQ=\r\n"));
    CHECK_FALSE(contains(good.heads().at(0), "mine"));

    const tunnel_proxy link{0, "407 No"}; // which is this machine's own business
    run_with({}, {"https://[fe80::1%25lo]/", "--proxy",
                  fmt::format("127.0.0.1:{}", link.port())});
    CHECK(link.heads().at(0).starts_with("CONNECT [fe80::1]:443 HTTP/1.1\r\n"));
    CHECK_FALSE(contains(link.heads().at(0), "%"));

    const tunnel_proxy bad{0, "407 No"};
    const auto refused = fetch(bad.port());
    CHECK(parse_results(refused.out).at(0).error ==
          "the proxy does not connect us: status 407");
    CHECK_FALSE(contains(ended.out + refused.out + refused.err, "secret"));
}

TEST_CASE("a proxy may be secured itself") {
    const certificate of_proxy{{}}, of_server{{"example.test", "DNS:example.test"}};
    const tls_server server{of_server};
    const raw_server plain{[](std::string_view, int) { return right_answer(); }};
    const tunnel_proxy tunnel{port_of(server.url("/"))};
    const auto secured = [&](std::uint16_t behind) {
        return [&, behind](int connection) {
            pass_on_secured(connection, of_proxy, behind);
        };
    };
    const scratch_folder folder;
    write_file(folder / "both.pem", of_proxy.pem() + of_server.pem());
    write_file(folder / "one.pem", of_server.pem());
    const auto fetch = [&](const strings& urls, const listener& proxy,
                           const char* trusted) {
        strings all{
            "--proxy",  fmt::format("https://u:secret@localhost:{}", proxy.port()),
            "--cacert", folder / trusted,
            "-p",       "1",
            "-c",       "1"};
        all.insert(all.end(), urls.begin(), urls.end());
        return run_with({}, all);
    };
    const listener to_tunnel{secured(tunnel.port())};
    const std::string long_path = '/' + std::string(3000, 'x');
    const auto tunnelled = results_by_url(
        fetch({"https://example.test/a", "https://example.test" + long_path}, to_tunnel,
              "both.pem")
            .out);
    CHECK(tunnelled.at("https://example.test/a").sha256 == digest("/a"));
    CHECK(tunnelled.at("https://example.test" + long_path).sha256 == digest(long_path));
    REQUIRE(tunnel.heads().size() == 1); // and the connection was kept
    CHECK(tunnel.heads()[0].starts_with("CONNECT example.test:443 HTTP/1.1\r\n"));

    const listener to_plain{secured(plain.port())};
    const auto asked = fetch({"http://example.test/b"}, to_plain, "both.pem");
    CHECK(is_right(asked));
    REQUIRE(plain.requests().size() == 1);
    const std::string head = plain.requests()[0];
    CHECK(head.starts_with("GET http://example.test/b HTTP/1.1\r\n"));
    CHECK(contains(head, "\r\nProxy-Authorization: Basic dTpzZWNyZXQ=\r\n"));

    const auto doubted = fetch({"http://example.test/c"}, to_plain, "one.pem");
    CHECK(parse_results(doubted.out)
              .at(0)
              .error.starts_with("the proxy: the certificate is not to be trusted: "));
    CHECK(plain.requests().size() == 1);
    CHECK_FALSE(contains(doubted.out + doubted.err, "secret"));
}

TEST_CASE("a host is the same in whatever letters") {
    const auto way_of = [](const route_settings& settings) {
        const router ways{settings};
        const auto way = ways.find(parsed("http://xn--bcher-kva.test/"));
        const auto known = ways.addresses("xn--bcher-kva.test", "80");
        return fmt::format("{} {} {}", way.proxy ? "proxy" : "itself", way.host,
                           fmt::join(known, ","));
    };
    const std::string name = "b\xc3\xbc"
                             "cher.test";
    CHECK(way_of({.proxy = "p", .no_proxy = "x, " + name}) ==
          "itself xn--bcher-kva.test ");
    CHECK(way_of({.connect_to = name + "::a:1"}) == "itself a ");
    CHECK(way_of({.connect_to = "*::a:1"}) == way_of({.connect_to = "::a:1"}));
    CHECK(way_of({.connect_to = "::" + name + ":"}) == "itself xn--bcher-kva.test ");
    CHECK(way_of({.resolve = name + ":80:127.0.0.1"}) ==
          "itself xn--bcher-kva.test 127.0.0.1");
}

TEST_CASE("a SOCKS proxy gets the name, and looks it up") {
    const raw_server server{[](std::string_view, int) { return right_answer(); }};
    std::string asked;
    listener proxy{[&](int connection) {
        asked = read_some(connection, 3);
        write_all(connection, std::string{"\5\2", 2});
        asked += read_some(connection, 10);
        write_all(connection, std::string{"\1\0", 2});
        asked += read_some(connection, 7);
        write_all(connection, std::string{"\5\0\0\3\4name\0\0", 11});
        join_with(connection, server.port());
    }};
    const auto ended =
        run_with({}, {"http://example.test:81/", "--proxy",
                      fmt::format("socks5://u:secret@127.0.0.1:{}", proxy.port())});
    CHECK(is_right(ended));
    proxy.end();
    using namespace std::string_literals;
    CHECK(asked == "\5\2\0\2\1\1u\6secret\5\1\0\3\14example.test\0\121"s);
}

TEST_CASE("what a SOCKS proxy says, byte by byte") {
    using namespace std::string_literals;
    const auto error_of = [](const strings& answers, std::string_view credentials = "") {
        socks_handshake s{"::1", 258, credentials};
        for (const std::string& answer : answers) {
            if (s.needs() == 0) break;
            CHECK(s.needs() == answer.size());
            s.received(answer);
        }
        return s.needs() > 0 ? "not done" : s.error();
    };
    CHECK(error_of({"\5\0"s, "\5\0\0\1x"s, "xxxxx"s}) == "");
    CHECK(error_of({"\5\0"s, "\5\0\0\4x"s, std::string(17, 'x')}) == "");
    CHECK(error_of({"\5\2"s, "\1\1"s}, "u:p") ==
          "the SOCKS proxy: it refuses the password");
    for (const char* first : {"\5\xff", "\5\2", "\4\1"})
        CHECK(error_of({first}).starts_with("the SOCKS proxy: it "));
    CHECK(error_of({"\5\0"s, "\5\5\0\1x"s}) == "the SOCKS proxy: connection refused");
    CHECK(error_of({"\5\0"s, "\5\77\0\1x"s}) == "the SOCKS proxy: it cannot connect");
    CHECK(socks_handshake{std::string(256, 'x'), 1, ""}.needs() == 0);
    socks_handshake s{"::1", 258, ""};
    s.received("\5\0"s);
    CHECK(s.to_send() == "\5\1\0\4"s + std::string(15, '\0') + "\1\1\2"s);
}

TEST_CASE("names lead where the user says") {
    const raw_server server{[](std::string_view, int) { return right_answer(); }};
    const auto to = fmt::format("127.0.0.1:{}", server.port());
    CHECK(is_right(run_with({}, {"http://a.test/", "--connect-to", "a.test:80:" + to})));
    CHECK(server.requests().back().starts_with("GET / HTTP/1.1\r\nHost: a.test\r\n"));
    CHECK(is_right(run_with({}, {"http://b.test:81/", "--connect-to", "::" + to})));
    const auto url = fmt::format("http://c.test:{}/", server.port());
    for (const char* host : {"c.test", "*"})
        CHECK(is_right(
            run_with({}, {url, "--resolve",
                          fmt::format("{}:{}:127.0.0.1", host, server.port())})));
    CHECK(is_right(run_with({}, {server.url("/"), "-4", "--interface", "127.0.0.1"})));
    CHECK(is_right(run_with({}, {server.url("/"), "--interface", "lo"})));
    CHECK(run_with({}, {server.url("/"), "-6"}).status == 1);
    for (const strings& wrong :
         std::vector<strings>{{"-4", "-6"},
                              {"--interface", "no-such"},
                              {"--connect-to", "x"},
                              {"--connect-to", "a:1:b:2:3"},
                              {"--connect-to", "a:1::70000"},
                              {"--resolve", "x"},
                              {"--resolve", "a::127.0.0.1"},
                              {"--resolve", "a:x:127.0.0.1"},
                              {"--resolve", "a:99999999999:127.0.0.1"},
                              {"--unix-socket", ""},
                              {"--netrc-file", "/none"},
                              {"--unix-socket", std::string(200, 'x')}}) {
        strings arguments{"http://a/"};
        arguments.insert(arguments.end(), wrong.begin(), wrong.end());
        CHECK(run_with({}, arguments).status == 2);
    }
}

TEST_CASE("a server may be behind a file") {
    const scratch_folder folder;
    std::string head;
    listener server{[&](int connection) {
                        head = read_some(connection, 1);
                        write_all(connection, right_answer().bytes);
                    },
                    folder / "socket"};
    CHECK(is_right(
        run_with({}, {"http://name.test/", "--unix-socket", folder / "socket"})));
    server.end();
    CHECK(contains(head, "\r\nHost: name.test\r\n"));
    CHECK(run_with({}, {"http://a/", "--unix-socket", folder / "none"}).status == 1);
}

TEST_CASE("passwords come from a file, each for its host alone") {
    const netrc known{"# mine\nmachine a login u password \"p \\\" x\"\n"
                      "machine b\n  account z login v\n  password w machine c login x\n"
                      "macdef m\nmachine d login no\n\nmachine a login second\n"
                      "default login any password one"};
    CHECK(known.credentials("a") == "u:p \" x");
    CHECK(known.credentials("b") == "v:w");
    CHECK(known.credentials("c") == "x:");
    CHECK(known.credentials("d") == "any:one");
    CHECK(known.credentials("A", "second") == "second:");
    CHECK(known.credentials("a", "nobody") == "");
    CHECK(known.credentials("d", "any") == "any:one");
    CHECK(known.credentials("d", "other") == "");
    const netrc of_windows{"\xef\xbb\xbfmacdef m\r\nmachine a login no\r\n\r\n"
                           "machine a login u password p\r\n"};
    CHECK(of_windows.credentials("a") == "u:p");
    CHECK(netrc{"machine a login u"}.credentials("b") == "");
    CHECK(netrc{"machine \"a"}.credentials("a") == ":");
    const netrc odd{"machine a login me password #mine\nmachine b # not mine\n"
                    "login rich password s"};
    CHECK(odd.credentials("a") == "me:#mine");
    CHECK(odd.credentials("b") == "rich:s");

    const raw_server other{[](std::string_view, int) { return right_answer(); },
                           "127.0.0.2"};
    const raw_server first{[&](std::string_view, int) -> raw_server::answer {
        return {fmt::format("HTTP/1.1 302 x\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
                            other.url("/"))};
    }};
    const scratch_folder folder;
    write_file(folder / ".netrc", "machine 127.0.0.1 login u password secret\n");
    const auto ended = run_with({{"HOME", folder.path()}}, {first.url("/"), "--netrc"});
    CHECK(is_right(ended));
    CHECK(contains(first.requests().at(0), "\r\nAuthorization: Basic dTpzZWNyZXQ=\r\n"));
    CHECK_FALSE(contains(other.requests().at(0), "Authorization"));
    CHECK_FALSE(contains(ended.out, "secret"));
    run_with({{"HOME", folder.path()}},
             {fmt::format("http://u@127.0.0.1:{}/", first.port()), "--netrc"});
    CHECK(contains(first.requests().at(1), "\r\nAuthorization: Basic dTpzZWNyZXQ=\r\n"));
}
