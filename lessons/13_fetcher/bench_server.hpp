#pragma once

// What the fetcher is measured against: a folder in memory, and what answers there.

#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder::fetcher::bench {

namespace fs = std::filesystem;

constexpr int server_core = 0;

inline std::optional<std::string> program(const std::string& name) {
    for (const char* folder : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/bin/"})
        if (fs::exists(folder + name)) return folder + name;
    return {};
}

/// In memory, so that the disk is not what is measured; the server may be another user.
class scratch_folder : public temporary_folder {
public:
    scratch_folder() : temporary_folder("/dev/shm/bench_fetcher-") {
        fs::permissions(path(), fs::perms::owner_all | fs::perms::others_exec |
                                    fs::perms::others_read);
    }
};

/// With `port` 0 for one that is free, by the kernel's choice.
inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline std::uint16_t free_port() {
    const processes::unique_fd s{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const pointer = reinterpret_cast<sockaddr*>(&address);
    if (::bind(s.get(), pointer, size) != 0 ||
        ::getsockname(s.get(), pointer, &size) != 0)
        throw std::runtime_error{"no free port"};
    return ntohs(address.sin_port);
}

inline bool answers(std::uint16_t port) {
    const processes::unique_fd s{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_in address = loopback(port);
    return ::connect(s.get(), reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) == 0;
}

/// What answers: nginx with one page of 1 KB under every path, or the slow server.
class server {
public:
    /// nginx's pages are spread over so many addresses: 127.0.0.1 and those behind it.
    explicit server(const scratch_folder& scratch, std::size_t addresses = 1)
        : addresses_(addresses) {
        if (const auto nginx = program("nginx"))
            start(*nginx, scratch);
        else
            slow_.emplace();
        if (slow_) {
            cpu_set_t core;
            CPU_ZERO(&core);
            CPU_SET(server_core, &core);
            ::sched_setaffinity(slow_->pid(), sizeof core, &core);
        }
    }

    ~server() {
        if (!nginx_) return;
        nginx_->kill(SIGTERM); // ends its workers too
        nginx_->wait();
    }

    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// Also over https, with `certificate`; that takes openssl(1).
    bool is_secure() const { return secure_port_ != 0; }

    std::string secure_url(std::size_t page) const {
        return fmt::format("https://127.0.0.1:{}/page/{}", secure_port_, page);
    }

    const std::string& certificate() const { return certificate_; }

    std::string name() const { return slow_ ? "the slow server" : "nginx"; }

    std::string url(std::size_t page) const {
        const std::string target = fmt::format("/page/{}", page);
        return slow_ ? slow_->url(target)
                     : fmt::format("http://127.0.0.{}:{}{}", 1 + page % addresses_, port_,
                                   target);
    }

private:
    void start(const std::string& nginx, const scratch_folder& scratch) {
        port_ = free_port();
        fs::create_directory(scratch / "www");
        std::ofstream{scratch / "www/page.html"} << std::string(1024, 'x');
        std::string listen;
        for (std::size_t i = 1; i <= addresses_; ++i)
            listen += fmt::format("    listen 127.0.0.{}:{} backlog=4096;\n", i, port_);
        listen += make_secure(scratch);
        std::ofstream{scratch / "nginx.conf"} << fmt::format(
            "{}worker_processes 1;\ndaemon off;\npid {};\nerror_log stderr crit;\n"
            "events {{ worker_connections 4096; }}\n"
            "http {{\n"
            "  access_log off;\n  keepalive_requests 1000000000;\n"
            "  server {{\n"
            "{}    root {};\n"
            "    location / {{ rewrite ^ /page.html break; }}\n"
            "  }}\n}}\n",
            ::getuid() == 0 ? "user root;\n" : "", scratch / "nginx.pid", listen,
            scratch / "www");
        nginx_ = processes::child_process::spawn(std::array<std::string, 8>{
            "taskset", "-c", std::to_string(server_core), nginx, "-e", "stderr", "-c",
            scratch / "nginx.conf"});
        for (int i = 0; !answers(port_); ++i) {
            if (i == 1000) throw std::runtime_error{"nginx does not answer"};
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }

    /// The lines of the configuration for it.
    std::string make_secure(const scratch_folder& scratch) {
        const auto openssl = program("openssl");
        certificate_ = scratch / "certificate.pem";
        const std::string key = scratch / "key.pem";
        if (!openssl) return {};
        const processes::unique_fd nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
        const auto made =
            processes::child_process::spawn(
                std::array<std::string, 14>{*openssl, "req", "-x509", "-newkey",
                                            "rsa:2048", "-nodes", "-keyout", key, "-out",
                                            certificate_, "-subj", "/CN=localhost",
                                            "-addext", "subjectAltName=IP:127.0.0.1"},
                {.descriptors = {{STDERR_FILENO, nowhere.get()}}})
                .wait();
        if (made.code() != 0) return {};
        secure_port_ = free_port();
        return fmt::format("    listen 127.0.0.1:{} ssl backlog=4096;\n"
                           "    ssl_certificate {};\n    ssl_certificate_key {};\n",
                           secure_port_, certificate_, key);
    }

    std::size_t addresses_;
    std::uint16_t secure_port_ = 0;
    std::string certificate_;
    std::optional<slow_server> slow_;
    std::optional<processes::child_process> nginx_;
    std::uint16_t port_ = 0;
};

} // namespace ladder::fetcher::bench
