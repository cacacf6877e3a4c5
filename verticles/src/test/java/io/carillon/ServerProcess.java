package io.carillon;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server in a process of its own, with the class path of the tests. */
final class ServerProcess implements AutoCloseable {
  private static final Pattern URL = Pattern.compile("Carillon listens: https?://[^/]+:(\\d+)/");

  private final Process process;
  private final List<String> out = new CopyOnWriteArrayList<>();
  private final List<String> err = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Integer> port = new CompletableFuture<>();
  private final Thread outReader;
  private final Thread errReader;

  private ServerProcess(ProcessBuilder builder) throws IOException {
    process = builder.start();
    outReader = read(process.getInputStream(), out);
    errReader = read(process.getErrorStream(), err);
    process.onExit().thenAccept(gone -> port.completeExceptionally(new IOException("ended")));
  }

  static ServerProcess start(String... arguments) throws IOException {
    return builder(arguments).start();
  }

  static Builder builder(String... arguments) {
    return new Builder(arguments);
  }

  static final class Builder {
    private final ProcessBuilder process;

    private Builder(String... arguments) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      if (Runtime.version().feature() >= 21) {
        command.add("--enable-native-access=ALL-UNNAMED"); // else the JVM warns of Netty
      }
      command.add("-cp");
      command.add(System.getProperty("java.class.path"));
      command.add("io.carillon.Main");
      command.addAll(List.of(arguments));
      process = new ProcessBuilder(command);
      process
          .environment()
          .keySet()
          .removeIf(name -> name.equals("PORT") || name.startsWith("CARILLON_"));
    }

    /** Gives it a heap of that size, as the JVM spells it. */
    Builder heap(String size) {
      process.command().add(1, "-Xmx" + size);
      return this;
    }

    Builder environment(String name, String value) {
      process.environment().put(name, value);
      return this;
    }

    ServerProcess start() throws IOException {
      return new ServerProcess(process);
    }
  }

  /** The port it listens on, which is awaited. */
  int port() throws Exception {
    return port.get(30, SECONDS);
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.toHandle().destroy(); // Process.destroy() would close its output too
  }

  /** What it ended with, which is awaited together with the end of its output. */
  int exitCode() throws Exception {
    if (!process.waitFor(30, SECONDS)) {
      throw new AssertionError("still running: out=" + out + ", err=" + err);
    }
    outReader.join();
    errReader.join();
    return process.exitValue();
  }

  /** The lines it has written to standard output. */
  List<String> out() {
    return out;
  }

  /** The lines it has written to standard error. */
  List<String> err() {
    return err;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private Thread read(InputStream stream, List<String> lines) {
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader in =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                in.lines()
                    .forEach(
                        line -> {
                          lines.add(line);
                          Matcher url = URL.matcher(line);
                          if (url.find()) {
                            port.complete(Integer.parseInt(url.group(1)));
                          }
                        });
              } catch (IOException | UncheckedIOException e) {
                lines.add("reading failed: " + e);
              }
            });
    reader.start();
    return reader;
  }
}
