/* A disk that fails on demand, for tests.
 *
 * Preloaded (LD_PRELOAD) it stands between a process and its C library and counts every call that
 * touches one folder: those that write (open to write, write, rename, unlink, sync ...) and, when
 * asked, those that read. The Nth of them fails with a chosen error, once or from then on, or the
 * process dies there by SIGKILL: before the call, or with half of its bytes written.
 *
 * Which calls concern the folder is asked of the kernel (/proc/self/fd), not remembered, so that
 * descriptors that were duplicated, inherited or renamed are still known. C streams are rebuilt on
 * fopencookie, because the library's own streams write by calls that nobody can stand in front of.
 * Raw system calls are used for everything the shim itself needs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))
#define TRACE_MAX 8192
#define TRACE_TEXT 120

enum { NEVER, FAIL_ONCE, FAIL_EVER, KILL, KILL_TORN };

static char folder[PATH_MAX];
static size_t folder_length;
static atomic_long counter;
static long target;
static int mode, fault_errno, reads_too;
static char trace[TRACE_MAX][TRACE_TEXT];

static void trap_renames(void);

/* The next call that counts is number 1; `what` is one of the modes above. */
PUBLIC void fault_arm(const char *path, long nth, int what, int error, int reads) {
    snprintf(folder, sizeof folder, "%s", path);
    target = nth;
    mode = what;
    fault_errno = error;
    reads_too = reads;
    counter = 0;
    trap_renames();
    folder_length = strlen(folder);
}

PUBLIC long fault_disarm(void) {
    folder_length = 0;
    return counter;
}

/* What the Nth call was: its name and the file's, "" where it is not known. */
PUBLIC const char *fault_call(long nth) {
    return nth > 0 && nth <= TRACE_MAX ? trace[nth - 1] : "";
}

static int inside(const char *path) {
    return folder_length && !strncmp(path, folder, folder_length) &&
           (path[folder_length] == '/' || path[folder_length] == 0);
}

static int descriptor_inside(int fd, char *path) {
    if (!folder_length || fd < 0) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlink, link, path, PATH_MAX - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return inside(path);
}

static int path_inside(int dirfd, const char *given, char *path) {
    if (!folder_length || !given) return 0;
    if (given[0] == '/') {
        snprintf(path, PATH_MAX, "%s", given);
        return inside(path);
    }
    char base[PATH_MAX];
    if (dirfd == AT_FDCWD) {
        long n = syscall(SYS_getcwd, base, sizeof base);
        if (n <= 0) return 0;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        long n = syscall(SYS_readlink, link, base, sizeof base - 1);
        if (n <= 0) return 0;
        base[n] = 0;
    }
    if (snprintf(path, PATH_MAX, "%s/%s", base, given) >= PATH_MAX) return 0;
    return inside(path);
}

/* Whether this call goes on (0), fails (1), or dies half done (2). Whole deaths happen here. */
static int verdict(const char *name, const char *path, int frees_space) {
    long at = ++counter;
    if (at <= TRACE_MAX)
        snprintf(trace[at - 1], TRACE_TEXT, "%s %.100s", name,
                 path[folder_length] ? path + folder_length + 1 : ".");
    if (at < target || mode == NEVER) return 0;
    if (mode == KILL && at == target) kill(getpid(), SIGKILL);
    if (mode == KILL_TORN && at == target) return 2;
    if (mode == FAIL_ONCE && at != target) return 0;
    if (mode != FAIL_ONCE && mode != FAIL_EVER) return 0;
    /* A full disk still deletes. */
    if (fault_errno == ENOSPC && frees_space) return 0;
    errno = fault_errno;
    return 1;
}

static void die(void) { kill(getpid(), SIGKILL); }

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define BY_FD(fd, label, frees, failed)                               \
    char path_[PATH_MAX];                                             \
    int fate_ = descriptor_inside(fd, path_) ? verdict(label, path_, frees) : 0; \
    if (fate_ == 1) return failed;                                    \
    if (fate_ == 2) die();
#define BY_PATH(dirfd, given, label, frees, failed)                   \
    char path_[PATH_MAX];                                             \
    int fate_ = path_inside(dirfd, given, path_) ? verdict(label, path_, frees) : 0; \
    if (fate_ == 1) return failed;                                    \
    if (fate_ == 2) die();

/* Writing through a descriptor: a torn call writes its first half and dies. */

static ssize_t shim_write(int fd, const void *data, size_t size) {
    char path[PATH_MAX];
    int fate = descriptor_inside(fd, path) ? verdict("write", path, 0) : 0;
    if (fate == 1) return -1;
    if (fate == 2) { syscall(SYS_write, fd, data, size / 2); die(); }
    return NEXT(write)(fd, data, size);
}
PUBLIC ssize_t write(int fd, const void *data, size_t size) { return shim_write(fd, data, size); }

static ssize_t shim_pwrite(int fd, const void *data, size_t size, off_t at) {
    char path[PATH_MAX];
    int fate = descriptor_inside(fd, path) ? verdict("pwrite", path, 0) : 0;
    if (fate == 1) return -1;
    if (fate == 2) { syscall(SYS_pwrite64, fd, data, size / 2, at); die(); }
    return NEXT(pwrite)(fd, data, size, at);
}
PUBLIC ssize_t pwrite(int fd, const void *d, size_t n, off_t at) { return shim_pwrite(fd, d, n, at); }
PUBLIC ssize_t pwrite64(int fd, const void *d, size_t n, off64_t at) { return shim_pwrite(fd, d, n, at); }

PUBLIC ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    int fate = descriptor_inside(fd, path) ? verdict("writev", path, 0) : 0;
    if (fate == 1) return -1;
    if (fate == 2) {
        if (count) syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
        die();
    }
    return NEXT(writev)(fd, parts, count);
}
PUBLIC ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    BY_FD(fd, "pwritev", 0, -1)
    return NEXT(pwritev)(fd, parts, count, at);
}
PUBLIC ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    BY_FD(fd, "pwritev", 0, -1)
    return NEXT(pwritev64)(fd, parts, count, at);
}
PUBLIC ssize_t sendfile(int out, int in, off_t *at, size_t size) {
    BY_FD(out, "sendfile", 0, -1)
    return NEXT(sendfile)(out, in, at, size);
}
PUBLIC ssize_t sendfile64(int out, int in, off64_t *at, size_t size) {
    BY_FD(out, "sendfile", 0, -1)
    return NEXT(sendfile64)(out, in, at, size);
}
PUBLIC ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned f) {
    BY_FD(out, "copy_file_range", 0, -1)
    return NEXT(copy_file_range)(in, from, out, to, n, f);
}
PUBLIC int fsync(int fd) { BY_FD(fd, "fsync", 0, -1) return NEXT(fsync)(fd); }
PUBLIC int fdatasync(int fd) { BY_FD(fd, "fdatasync", 0, -1) return NEXT(fdatasync)(fd); }
PUBLIC int ftruncate(int fd, off_t n) { BY_FD(fd, "ftruncate", 0, -1) return NEXT(ftruncate)(fd, n); }
PUBLIC int ftruncate64(int fd, off64_t n) { BY_FD(fd, "ftruncate", 0, -1) return NEXT(ftruncate64)(fd, n); }
PUBLIC int truncate(const char *p, off_t n) { BY_PATH(AT_FDCWD, p, "truncate", 0, -1) return NEXT(truncate)(p, n); }
/* These two return the error instead of setting errno. */
PUBLIC int posix_fallocate(int fd, off_t at, off_t n) {
    BY_FD(fd, "fallocate", 0, fault_errno)
    return NEXT(posix_fallocate)(fd, at, n);
}
PUBLIC int posix_fallocate64(int fd, off64_t at, off64_t n) {
    BY_FD(fd, "fallocate", 0, fault_errno)
    return NEXT(posix_fallocate64)(fd, at, n);
}
PUBLIC int fallocate(int fd, int m, off_t at, off_t n) { BY_FD(fd, "fallocate", 0, -1) return NEXT(fallocate)(fd, m, at, n); }
PUBLIC int fallocate64(int fd, int m, off64_t at, off64_t n) { BY_FD(fd, "fallocate", 0, -1) return NEXT(fallocate64)(fd, m, at, n); }
PUBLIC int fchmod(int fd, mode_t m) { BY_FD(fd, "fchmod", 0, -1) return NEXT(fchmod)(fd, m); }

static void *shim_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset) {
    char path[PATH_MAX];
    int writes = (flags & MAP_SHARED) && (prot & PROT_WRITE);
    if ((writes || reads_too) && descriptor_inside(fd, path)) {
        int fate = verdict("mmap", path, 0);
        if (fate == 1) return MAP_FAILED;
        if (fate == 2) die();
    }
    return (void *)syscall(SYS_mmap, at, size, prot, flags, fd, offset);
}
PUBLIC void *mmap(void *a, size_t n, int p, int f, int fd, off_t o) { return shim_mmap(a, n, p, f, fd, o); }
PUBLIC void *mmap64(void *a, size_t n, int p, int f, int fd, off64_t o) { return shim_mmap(a, n, p, f, fd, o); }

/* Names. */

PUBLIC int rename(const char *a, const char *b) { BY_PATH(AT_FDCWD, b, "rename", 0, -1) return NEXT(rename)(a, b); }
PUBLIC int renameat(int da, const char *a, int db, const char *b) {
    BY_PATH(db, b, "rename", 0, -1)
    /* Not renameat: that one is trapped below, and would be counted twice. */
    return (int)syscall(SYS_renameat2, da, a, db, b, 0);
}
PUBLIC int renameat2(int da, const char *a, int db, const char *b, unsigned f) {
    BY_PATH(db, b, "rename", 0, -1)
    return NEXT(renameat2)(da, a, db, b, f);
}
PUBLIC int link(const char *a, const char *b) { BY_PATH(AT_FDCWD, b, "link", 0, -1) return NEXT(link)(a, b); }
PUBLIC int linkat(int da, const char *a, int db, const char *b, int f) {
    BY_PATH(db, b, "link", 0, -1)
    return NEXT(linkat)(da, a, db, b, f);
}
PUBLIC int unlink(const char *p) { BY_PATH(AT_FDCWD, p, "unlink", 1, -1) return NEXT(unlink)(p); }
PUBLIC int unlinkat(int d, const char *p, int f) { BY_PATH(d, p, "unlink", 1, -1) return NEXT(unlinkat)(d, p, f); }
PUBLIC int rmdir(const char *p) { BY_PATH(AT_FDCWD, p, "rmdir", 1, -1) return NEXT(rmdir)(p); }
PUBLIC int mkdir(const char *p, mode_t m) { BY_PATH(AT_FDCWD, p, "mkdir", 0, -1) return NEXT(mkdir)(p, m); }
PUBLIC int mkdirat(int d, const char *p, mode_t m) { BY_PATH(d, p, "mkdir", 0, -1) return NEXT(mkdirat)(d, p, m); }

/* The search library renames by a system call of its own, past the C library: the kernel is asked
 * to stop at it (seccomp), and the call is made here in its stead. */

#ifdef __x86_64__
static void on_trap(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    greg_t *at = ((ucontext_t *)context)->uc_mcontext.gregs;
    int from = (int)at[REG_RDI], to = (int)at[REG_RDX], before = errno;
    const char *a = (const char *)at[REG_RSI], *b = (const char *)at[REG_R10];
    char path[PATH_MAX];
    int fate = path_inside(to, b, path) ? verdict("rename", path, 0) : 0;
    long result = -fault_errno;
    if (fate == 2) die();
    if (fate == 0) {
        result = syscall(SYS_renameat2, from, a, to, b, 0);
        if (result < 0) result = -errno;
    }
    errno = before;
    at[REG_RAX] = result;
}

static void trap_renames(void) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSYS, &action, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return;
    /* Where the kernel does not offer it, these renames go by unseen. */
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
static void trap_renames(void) {}
#endif

/* Opening. */

static int shim_open(int dirfd, const char *given, int flags, mode_t bits) {
    char path[PATH_MAX];
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if ((writes || reads_too) && path_inside(dirfd, given, path)) {
        int fate = verdict(writes ? "open" : "open-read", path, 0);
        if (fate == 1) return -1;
        if (fate == 2) die();
    }
    return (int)syscall(SYS_openat, dirfd, given, flags, bits);
}
#define BITS                                                          \
    mode_t bits = 0;                                                  \
    if (flags & (O_CREAT | O_TMPFILE)) {                              \
        va_list rest;                                                 \
        va_start(rest, flags);                                        \
        bits = va_arg(rest, mode_t);                                  \
        va_end(rest);                                                 \
    }
PUBLIC int open(const char *p, int flags, ...) { BITS return shim_open(AT_FDCWD, p, flags, bits); }
PUBLIC int open64(const char *p, int flags, ...) { BITS return shim_open(AT_FDCWD, p, flags, bits); }
PUBLIC int openat(int d, const char *p, int flags, ...) { BITS return shim_open(d, p, flags, bits); }
PUBLIC int openat64(int d, const char *p, int flags, ...) { BITS return shim_open(d, p, flags, bits); }
PUBLIC int __open_2(const char *p, int flags) { return shim_open(AT_FDCWD, p, flags, 0); }
PUBLIC int __open64_2(const char *p, int flags) { return shim_open(AT_FDCWD, p, flags, 0); }
PUBLIC int __openat_2(int d, const char *p, int flags) { return shim_open(d, p, flags, 0); }
PUBLIC int __openat64_2(int d, const char *p, int flags) { return shim_open(d, p, flags, 0); }
PUBLIC int creat(const char *p, mode_t m) { return shim_open(AT_FDCWD, p, O_CREAT | O_WRONLY | O_TRUNC, m); }

/* Reading, where it counts. */

static ssize_t shim_read(int fd, void *data, size_t size) {
    if (reads_too) { BY_FD(fd, "read", 1, -1) }
    return NEXT(read)(fd, data, size);
}
PUBLIC ssize_t read(int fd, void *data, size_t size) { return shim_read(fd, data, size); }
PUBLIC ssize_t pread(int fd, void *d, size_t n, off_t at) {
    if (reads_too) { BY_FD(fd, "pread", 1, -1) }
    return NEXT(pread)(fd, d, n, at);
}
PUBLIC ssize_t pread64(int fd, void *d, size_t n, off64_t at) {
    if (reads_too) { BY_FD(fd, "pread", 1, -1) }
    return NEXT(pread64)(fd, d, n, at);
}

/* C streams: the descriptor rides along as the cookie, one higher so that none is NULL. */

static ssize_t cookie_write(void *cookie, const char *data, size_t size) {
    ssize_t n = shim_write((int)(long)cookie - 1, data, size);
    return n < 0 ? 0 : n;
}
static ssize_t cookie_read(void *cookie, char *data, size_t size) {
    return shim_read((int)(long)cookie - 1, data, size);
}
static int cookie_seek(void *cookie, off64_t *at, int whence) {
    off64_t n = lseek64((int)(long)cookie - 1, *at, whence);
    if (n < 0) return -1;
    *at = n;
    return 0;
}
static int cookie_close(void *cookie) { return (int)syscall(SYS_close, (int)(long)cookie - 1); }

#define STREAMS 256
static struct { FILE *stream; int fd; char buffer[4096]; } streams[STREAMS];

static FILE *shim_fopen(const char *given, const char *how, FILE *(*next)(const char *, const char *)) {
    char path[PATH_MAX];
    if (!path_inside(AT_FDCWD, given, path)) return next(given, how);
    int plus = strchr(how, '+') != NULL;
    int flags = how[0] == 'r' ? (plus ? O_RDWR : O_RDONLY)
                              : O_CREAT | (plus ? O_RDWR : O_WRONLY) | (how[0] == 'w' ? O_TRUNC : O_APPEND);
    int fd = shim_open(AT_FDCWD, given, flags | O_CLOEXEC, 0666);
    if (fd < 0) return NULL;
    cookie_io_functions_t calls = {cookie_read, cookie_write, cookie_seek, cookie_close};
    FILE *stream = fopencookie((void *)(long)(fd + 1), how, calls);
    for (int n = 0; stream && n < STREAMS; n++)
        if (!streams[n].stream || streams[n].stream == stream) {
            streams[n].stream = stream;
            streams[n].fd = fd;
            /* As large as a file's own, so that as many writes are seen. */
            setvbuf(stream, streams[n].buffer, _IOFBF, sizeof streams[n].buffer);
            break;
        }
    return stream;
}
PUBLIC FILE *fopen(const char *p, const char *how) { return shim_fopen(p, how, NEXT(fopen)); }
PUBLIC FILE *fopen64(const char *p, const char *how) { return shim_fopen(p, how, NEXT(fopen64)); }

/* A stream on a cookie has no number of its own; who maps its file into memory asks for one. */
PUBLIC int fileno(FILE *stream) {
    int own = NEXT(fileno)(stream);
    for (int n = 0; own < 0 && n < STREAMS; n++)
        if (streams[n].stream == stream) return streams[n].fd;
    return own;
}
