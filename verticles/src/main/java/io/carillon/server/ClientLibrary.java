package io.carillon.server;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code /multiplex-js/}: the files of the client library as they are in its package, for pages
 * that load {@code /multiplex-js/index.js} as a module. What the library lacks is left to other
 * routes.
 *
 * <p>Browsers ask every time whether their copy is still good, so that a new server never meets an
 * old library. The entity tag is made of the bytes: the same on every node. It is a weak one,
 * because the bytes may travel compressed.
 */
final class ClientLibrary {
  static final String PATH = "/multiplex-js/";

  private static final String FOLDER = "/META-INF/resources/multiplex-js/";

  private final Vertx vertx;

  /** Those that were asked for; there are no more than the library has. */
  private final Map<String, LibraryFile> files = new ConcurrentHashMap<>();

  private ClientLibrary(Vertx vertx) {
    this.vertx = vertx;
  }

  static void mount(Router router, Vertx vertx) {
    ClientLibrary library = new ClientLibrary(vertx);
    router
        .routeWithRegex(PATH + "(?<file>[a-z]+\\.js)")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(library::serve);
  }

  private void serve(RoutingContext context) {
    file(context.pathParam("file"))
        .onSuccess(
            file -> {
              if (file == null) {
                context.next();
              } else {
                file.answer(context);
              }
            })
        .onFailure(context::fail);
  }

  private Future<@Nullable LibraryFile> file(String name) {
    @Nullable LibraryFile known = files.get(name);
    return known != null
        ? Future.succeededFuture(known)
        : vertx
            .executeBlocking(() -> LibraryFile.read(FOLDER + name), false)
            .onSuccess(
                read -> {
                  if (read != null) {
                    files.put(name, read);
                  }
                });
  }

  /** One file, kept in memory. */
  private record LibraryFile(Buffer content, String etag) {
    static @Nullable LibraryFile read(String resource)
        throws IOException, NoSuchAlgorithmException {
      try (InputStream in = ClientLibrary.class.getResourceAsStream(resource)) {
        if (in == null) {
          return null;
        }
        byte[] bytes = in.readAllBytes();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return new LibraryFile(
            Buffer.buffer(bytes), "W/\"" + HexFormat.of().formatHex(digest, 0, 16) + '"');
      }
    }

    void answer(RoutingContext context) {
      context
          .response()
          .putHeader(HttpHeaders.CONTENT_TYPE, "text/javascript;charset=UTF-8")
          .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
          .putHeader("X-Content-Type-Options", "nosniff");
      context.etag(etag);
      if (context.isFresh()) {
        context.response().setStatusCode(HttpResponseStatus.NOT_MODIFIED.code()).end();
      } else {
        context.end(content);
      }
    }
  }
}
