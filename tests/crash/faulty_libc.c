/* Disk faults below one folder, for LD_PRELOAD. Environment:
   FAULT_UNDER    paths that contain this text are meant
   FAIL_FSYNC_AT  the n-th fsync or fdatasync of such a file answers EIO (1 is the first; it stays broken for one call)
   SHORT_WRITES   every second write of such a file writes half of what was asked for
   FAULT_FIRED    a file that is made when a fault was injected, so that a test knows
   The file named by FAULT_HANG, while it exists: reading such a file sleeps, as with a dead file server. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int meant(int fd) {
  char link[64], path[4096];
  const char *under = getenv("FAULT_UNDER");
  if (!under) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return strstr(path, under) != NULL;
}

static int fired(int is_so) {
  const char *name = getenv("FAULT_FIRED");
  FILE *file = is_so && name ? fopen(name, "w") : NULL;
  if (file) fclose(file);
  return is_so;
}

static int broken(int fd) {
  static int calls;
  const char *at = getenv("FAIL_FSYNC_AT");
  return fired(at && meant(fd) && ++calls == atoi(at));
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  if (broken(fd)) { errno = EIO; return -1; }
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  if (broken(fd)) { errno = EIO; return -1; }
  return real(fd);
}

static size_t shorter(int fd, size_t size) {
  static int calls;
  return fired(getenv("SHORT_WRITES") && size > 1 && meant(fd) && ++calls % 2) ? size / 2 : size;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  return real(fd, bytes, shorter(fd, size), offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return pwrite64(fd, bytes, size, offset);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  return real(fd, bytes, shorter(fd, size));
}

static void hang(int fd) {
  const char *flag = getenv("FAULT_HANG");
  if (!flag || !meant(fd)) return;
  while (access(flag, F_OK) == 0) usleep(10000);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset) {
  static ssize_t (*real)(int, void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pread64");
  hang(fd);
  return real(fd, bytes, size, offset);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset) {
  return pread64(fd, bytes, size, offset);
}
