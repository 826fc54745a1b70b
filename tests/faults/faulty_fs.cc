// SPDX-License-Identifier: GPL-2.0-or-later
// faulty-fs FOLDER MOUNTPOINT FAULTS: shows FOLDER at MOUNTPOINT, with the faults that the file FAULTS lists now, each
// in a line
//
//     OPERATION PATTERN ERRNO MILLISECONDS
//
// An OPERATION on a path (/ is the mount) that a PATTERN of fnmatch(3) fits takes so much longer, and then fails with
// ERRNO, unless that is 0.  FAULTS.hits grows by one byte each time.  The operations:
//
//     read    of a file, never from a cache
//     write   to a file
//     tear    a write that fails when its first half is written
//     fsync   and fdatasync
//     open    for writing, also to make the file
//     change  what a folder, a size or a mode says: unlink, rename, truncate…
#define FUSE_USE_VERSION 35
#include <fuse.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <thread>
#include <unistd.h>

namespace faulty {

int root = -1;
std::string faults;

/// 0, or the errno that an operation has to fail with.  The file is read each time: whoever writes it renames it into
/// its place, so nothing is to be locked or told.
int fault(std::string_view operation, const std::string &path) {
    std::ifstream lines(faults);
    std::string name, pattern;
    for (int error = 0, milliseconds = 0; lines >> name >> pattern >> error >> milliseconds;) {
        if (name != operation || ::fnmatch(pattern.c_str(), path.c_str(), 0) != 0)
            continue;
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
        std::ofstream(faults + ".hits", std::ios::app) << '.';
        return error;
    }
    return 0;
}

/// What the functions of the C library return, as FUSE wants it.
int answer(ssize_t result) {
    return result < 0 ? -errno : static_cast<int>(result);
}

const char *below_root(const char *path) {
    return path[1] ? path + 1 : ".";
}

/// An open file keeps its name: it may be unlinked or renamed meanwhile.
struct Handle {
    int fd;
    std::string path;
};

Handle &handle_of(const fuse_file_info *info) {
    return *reinterpret_cast<Handle *>(info->fh);
}

void *init(fuse_conn_info *, fuse_config *config) {
    config->use_ino = 1;
    config->readdir_ino = 1;
    config->nullpath_ok = 1;
    config->hard_remove = 1;
    config->attr_timeout = config->entry_timeout = config->negative_timeout = 0;
    return nullptr;
}

int getattr(const char *path, struct stat *status, fuse_file_info *info) {
    return answer(info ? ::fstat(handle_of(info).fd, status)
                       : ::fstatat(root, below_root(path), status, AT_SYMLINK_NOFOLLOW));
}

int open_at(const char *path, int flags, mode_t mode, fuse_file_info *info) {
    const int fd = ::openat(root, below_root(path), flags | O_CLOEXEC, mode);
    if (fd < 0)
        return -errno;
    info->fh = reinterpret_cast<std::uint64_t>(new Handle{fd, path});
    return 0;
}

int open_file(const char *path, int flags, mode_t mode, fuse_file_info *info) {
    if ((flags & O_ACCMODE) != O_RDONLY)
        if (const int error = fault("open", path))
            return -error;
    // Each read and write comes here, and its error to who asked.  SQLite maps the -shm file, which needs the cache.
    info->direct_io = !std::string_view(path).ends_with("-shm");
    return open_at(path, flags, mode, info);
}

int open(const char *path, fuse_file_info *info) {
    return open_file(path, info->flags, 0, info);
}

int create(const char *path, mode_t mode, fuse_file_info *info) {
    return open_file(path, info->flags | O_CREAT, mode, info);
}

int release(const char *, fuse_file_info *info) {
    ::close(handle_of(info).fd);
    delete &handle_of(info);
    return 0;
}

int read(const char *, char *into, std::size_t size, off_t offset, fuse_file_info *info) {
    const Handle &handle = handle_of(info);
    if (const int error = fault("read", handle.path))
        return -error;
    return answer(::pread(handle.fd, into, size, offset));
}

int write(const char *, const char *from, std::size_t size, off_t offset, fuse_file_info *info) {
    const Handle &handle = handle_of(info);
    if (const int error = fault("write", handle.path))
        return -error;
    if (const int error = fault("tear", handle.path)) {
        static_cast<void>(!::pwrite(handle.fd, from, size / 2, offset));
        return -error;
    }
    return answer(::pwrite(handle.fd, from, size, offset));
}

int fsync(const char *, int only_data, fuse_file_info *info) {
    const Handle &handle = handle_of(info);
    if (const int error = fault("fsync", handle.path))
        return -error;
    return answer(only_data ? ::fdatasync(handle.fd) : ::fsync(handle.fd));
}

int opendir(const char *path, fuse_file_info *info) {
    return open_at(path, O_RDONLY | O_DIRECTORY, 0, info);
}

int readdir(const char *, void *list, fuse_fill_dir_t fill, off_t, fuse_file_info *info, fuse_readdir_flags) {
    DIR *const folder = ::fdopendir(::openat(handle_of(info).fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
        return -errno;
    while (const dirent *entry = ::readdir(folder)) {
        struct stat status {};
        status.st_ino = entry->d_ino;
        status.st_mode = static_cast<mode_t>(entry->d_type) << 12;
        fill(list, entry->d_name, &status, 0, fuse_fill_dir_flags{});
    }
    ::closedir(folder);
    return 0;
}

int statfs(const char *, struct statvfs *status) {
    return answer(::fstatvfs(root, status));
}

/// `operation` on the path, unless a fault keeps it from it.
template <typename Operation> int change(const char *path, Operation operation) {
    if (const int error = fault("change", path))
        return -error;
    return answer(operation(below_root(path)));
}

int truncate(const char *path, off_t size, fuse_file_info *info) {
    return change(info ? handle_of(info).path.c_str() : path, [&](const char *name) {
        if (info)
            return ::ftruncate(handle_of(info).fd, size);
        const int fd = ::openat(root, name, O_WRONLY | O_CLOEXEC);
        const int result = ::ftruncate(fd, size);
        ::close(fd);
        return result;
    });
}

int mkdir(const char *path, mode_t mode) {
    return change(path, [&](const char *name) { return ::mkdirat(root, name, mode); });
}

int unlink(const char *path) {
    return change(path, [](const char *name) { return ::unlinkat(root, name, 0); });
}

int rmdir(const char *path) {
    return change(path, [](const char *name) { return ::unlinkat(root, name, AT_REMOVEDIR); });
}

int rename(const char *from, const char *to, unsigned flags) {
    return change(from, [&](const char *name) { return ::renameat2(root, name, root, below_root(to), flags); });
}

int chmod(const char *path, mode_t mode, fuse_file_info *info) {
    return change(info ? handle_of(info).path.c_str() : path, [&](const char *name) {
        return info ? ::fchmod(handle_of(info).fd, mode) : ::fchmodat(root, name, mode, 0);
    });
}

} // namespace faulty

int main(int argc, char **argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s FOLDER MOUNTPOINT FAULTS\n", argv[0]);
        return EXIT_FAILURE;
    }
    faulty::root = ::open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (faulty::root < 0) {
        std::perror(argv[1]);
        return EXIT_FAILURE;
    }
    faulty::faults = argv[3];
    ::umask(0);

    fuse_operations operations{};
    operations.init = faulty::init;
    operations.getattr = faulty::getattr;
    operations.open = faulty::open;
    operations.create = faulty::create;
    operations.release = faulty::release;
    operations.read = faulty::read;
    operations.write = faulty::write;
    operations.fsync = faulty::fsync;
    operations.opendir = faulty::opendir;
    operations.releasedir = faulty::release;
    operations.readdir = faulty::readdir;
    operations.statfs = faulty::statfs;
    operations.truncate = faulty::truncate;
    operations.mkdir = faulty::mkdir;
    operations.unlink = faulty::unlink;
    operations.rmdir = faulty::rmdir;
    operations.rename = faulty::rename;
    operations.chmod = faulty::chmod;
    // Without .lock and .flock the kernel keeps the locks itself.
    std::string foreground = "-f", mountpoint = argv[2], options = "-oallow_other,default_permissions,fsname=faulty-fs";
    std::array arguments{argv[0], foreground.data(), options.data(), mountpoint.data()};
    return fuse_main(static_cast<int>(arguments.size()), arguments.data(), &operations, nullptr);
}
