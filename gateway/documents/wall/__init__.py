"""Process isolation: hostile files are read in a child without access to anything else; typed data comes back.

    front end (asyncio)            zygote (exec'd once, warm)         child (one per message)
    WorkerPool.inspect  --door-->  forks, reaps              -------> sandbox, then inspector
           ^                                                             |
           +---------------- job socket: length-prefixed msgpack frames -+

`pool` is the parent's side, `zygote` forks and kills, `child` is what runs after the fork, `sandbox` locks it in,
`inspector` walks the parts, `wire` is everything that crosses. A dead, greedy or lying child means *cannot tell* for the
part it was reading, never a clean one, and never a crash of the parent. `readings` caches what was read, and `desk`, in a
process of its own, schedules the reading.
"""
