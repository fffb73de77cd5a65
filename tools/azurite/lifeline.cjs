// The program that started Azurite holds the other end of this pipe. However that program ends, the pipe
// closes with it, and Azurite closes its files and goes too.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM")).resume().unref();
