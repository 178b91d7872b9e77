// jemalloc's settings (decisions/0017). Few arenas: a handful of threads allocate, and each arena keeps memory of its
// own. What is free goes back to the system after a few seconds.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:4,dirty_decay_ms:5000,muzzy_decay_ms:0";
}
