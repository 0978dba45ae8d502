// Linux calls that Swift's Glibc module does not carry. GNU-only prototypes are declared by hand:
// defining _GNU_SOURCE here would make fd_set differ from the one Swift already imported.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

static const int CL_SOCK_FLAGS = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
static const int CL_ACCEPT_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC;

/// Adds `fd` to `epoll` (or changes or removes it, by `operation`), reporting `token` with its events.
static inline int cl_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, operation, fd, &event);
}

/// A descriptor that becomes readable when one of `first`…`third` (0 = none) is sent to the process.
/// The signals are blocked for the calling thread and every thread it starts later.
static inline int cl_signal_descriptor(int first, int second, int third) {
    sigset_t set;
    sigemptyset(&set);
    if (first) sigaddset(&set, first);
    if (second) sigaddset(&set, second);
    if (third) sigaddset(&set, third);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static inline void cl_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

/// No core dumps, and no reading of this process's memory by others of the same user.
static inline int cl_forbid_dumps(void) {
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return -1;
    return setrlimit(RLIMIT_CORE, &none);
}

/// Raises the number of descriptors to what the system allows.
static inline int cl_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

/// 1 where a write to `fd` would not have to wait.
static inline int cl_is_writable(int fd) {
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    return poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) ? 1 : 0;
}

/// Opens whichever of the three standard streams is closed on nothing, so that no later descriptor
/// gets its number and, with it, what is written there.
static inline int cl_open_standard_streams(void) {
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0) return -1;
    } while (fd <= STDERR_FILENO);
    return close(fd);
}

/// Tells the supervisor that started the process `text`, where it asked to be told. The address is
/// a path, or an abstract name behind `@`. Source: sd_notify(3).
static inline void cl_notify(const char *address, const char *text) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t count = strlen(address);
    if (count < 2 || count >= sizeof to.sun_path) return;
    memcpy(to.sun_path, address, count);
    if (to.sun_path[0] == '@') to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count);
    sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, length);
    close(fd);
}
