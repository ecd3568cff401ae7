#include "network.hpp"

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "workbench/last_error.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder::beyond_one_machine {

using processes::unique_fd;

namespace {

constexpr std::string_view loopback = "lo", machines_end = "cable";
constexpr std::uint32_t all_loopback = 0x7f00'0000, mask_8 = 0xff00'0000,
                        mask_24 = 0xffff'ff00;

void write_file(const std::string& name, std::string_view text) {
    std::ofstream out{name};
    out << text;
    if (!out.flush()) throw last_error(name);
}

unique_fd this_namespace() {
    unique_fd fd{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (!fd) throw last_error("/proc/self/ns/net");
    return fd;
}

void unshare(int what) {
    if (::unshare(what) != 0) throw last_error("unshare");
}

/// 127.x.y.z may come and go through cables (route_localnet in the kernel's
/// ip-sysctl.rst). In a namespace of ours it endangers nobody.
void let_loopback_travel() {
    write_file("/proc/sys/net/ipv4/conf/all/route_localnet", "1");
}

sockaddr address_of(std::uint32_t address) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(address);
    sockaddr result{};
    std::memcpy(&result, &in, sizeof result);
    return result;
}

/// The interfaces of the namespace in which it was made, also when we have left it
/// (netdevice(7)).
class interfaces {
public:
    interfaces() {
        if (!socket_) throw last_error("socket");
    }

    void set_up(std::string_view name, bool up) const {
        ifreq r = request(name);
        call(SIOCGIFFLAGS, &r, name);
        r.ifr_flags =
            static_cast<short>(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
        call(SIOCSIFFLAGS, &r, name);
    }

    void set_address(std::string_view name, std::uint32_t address) const {
        ifreq r = request(name);
        r.ifr_addr = address_of(address);
        call(SIOCSIFADDR, &r, name);
        r.ifr_netmask = address_of(mask_24);
        call(SIOCSIFNETMASK, &r, name);
    }

    void route_loopback(std::string_view name) const {
        std::string device{name};
        rtentry r{};
        r.rt_dst = address_of(all_loopback);
        r.rt_genmask = address_of(mask_8);
        r.rt_flags = RTF_UP;
        r.rt_dev = device.data();
        call(SIOCADDRT, &r, name);
    }

private:
    static ifreq request(std::string_view name) {
        ifreq r{};
        name.copy(r.ifr_name, IFNAMSIZ - 1);
        return r;
    }

    void call(unsigned long what, void* argument, std::string_view name) const {
        if (::ioctl(socket_.get(), what, argument) != 0)
            throw last_error(std::string{name});
    }

    unique_fd socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

/// What the kernel is asked in (rtnetlink(7)): attributes, which may have others inside.
template <class T>
std::string bytes(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string attribute(unsigned short type, const std::string& content) {
    const auto size = static_cast<unsigned short>(sizeof(rtattr) + content.size());
    std::string all = bytes(rtattr{size, type}) + content;
    all.resize(RTA_ALIGN(all.size()));
    return all;
}

/// A pair, of which one end is here and the other in that namespace.
void make_cable(std::string_view here, const std::string& there, int other_namespace) {
    const std::string any = bytes(ifinfomsg{});
    const std::string peer = any + attribute(IFLA_IFNAME, there + '\0') +
                             attribute(IFLA_NET_NS_FD, bytes(other_namespace));
    const std::string body =
        any + attribute(IFLA_IFNAME, std::string{here} + '\0') +
        attribute(IFLA_LINKINFO,
                  attribute(IFLA_INFO_KIND, "veth") +
                      attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer)));
    nlmsghdr header{};
    header.nlmsg_len = static_cast<unsigned>(sizeof header + body.size());
    header.nlmsg_type = RTM_NEWLINK;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    const std::string message = bytes(header) + body;

    const unique_fd kernel{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    struct {
        nlmsghdr header;
        nlmsgerr verdict;
        std::array<char, 1024> and_what_it_was;
    } answer{};
    if (!kernel || ::send(kernel.get(), message.data(), message.size(), 0) < 0 ||
        ::recv(kernel.get(), &answer, sizeof answer, 0) < 0)
        throw last_error("netlink");
    if (answer.verdict.error == 0) return;
    errno = -answer.verdict.error;
    throw last_error("a pair of veth interfaces");
}

std::string name_of(unsigned cable) {
    return fmt::format("machine{}", cable);
}

void set_up(unsigned cable, bool up) {
    try {
        interfaces{}.set_up(name_of(cable), up);
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::no_such_device) throw;
    }
}

} // namespace

std::string network::why_not() {
    auto [from, to] = processes::make_pipe();
    auto child = processes::child_process::fork([out = to.get()] {
        try {
            network rehearsal;
            plug_in(rehearsal.new_cable());
        } catch (const std::exception& error) {
            processes::write_all(out, error.what());
        }
        return 0;
    });
    to.reset();
    return processes::read_all(from.get());
}

network::network() : before_(this_namespace()) {
    if (::unshare(CLONE_NEWNET) != 0) { // with rights over what is ours alone
        const auto user = ::getuid();
        const auto group = ::getgid();
        unshare(CLONE_NEWUSER | CLONE_NEWNET);
        write_file("/proc/self/setgroups", "deny");
        write_file("/proc/self/uid_map", fmt::format("{} {} 1", user, user));
        write_file("/proc/self/gid_map", fmt::format("{} {} 1", group, group));
    }
    interfaces{}.set_up(loopback, true);
    let_loopback_travel();
}

network::~network() {
    ::setns(before_.get(), CLONE_NEWNET);
}

unsigned network::new_cable() {
    return ++cables_;
}

std::unique_ptr<network> network_around_us() {
    const std::string why_not = network::why_not();
    fmt::print("{}\n", why_not.empty()
                           ? "a machine is a network namespace with a cable"
                           : "a machine is a process group (" + why_not + ")");
    return why_not.empty() ? std::make_unique<network>() : nullptr;
}

void plug_in(unsigned cable) {
    const std::string name = name_of(cable);
    const interfaces outside;
    const unique_fd other_namespace = this_namespace();
    unshare(CLONE_NEWNET);
    const interfaces inside;
    make_cable(machines_end, name, other_namespace.get());
    const std::uint32_t net = 10U << 24 | cable << 8; // 10.x.y.0
    outside.set_address(name, net + 1);
    inside.set_address(machines_end, net + 2);
    outside.set_up(name, true);
    inside.set_up(machines_end, true);
    inside.route_loopback(machines_end);
    let_loopback_travel();
}

void cut(unsigned cable) {
    set_up(cable, false);
}

void mend(unsigned cable) {
    set_up(cable, true);
}

} // namespace ladder::beyond_one_machine
