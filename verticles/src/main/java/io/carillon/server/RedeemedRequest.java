package io.carillon.server;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import io.vertx.core.internal.http.HttpServerRequestWrapper;
import org.jspecify.annotations.Nullable;

/** An upgrade request as if it had been made for the URI that its one-time URI stood for. */
final class RedeemedRequest extends HttpServerRequestWrapper {
  private final String uri;
  private @Nullable MultiMap params;

  RedeemedRequest(HttpServerRequest request, String uri) {
    super((HttpServerRequestInternal) request);
    this.uri = uri;
  }

  @Override
  public String uri() {
    return uri;
  }

  @Override
  public String path() {
    int mark = uri.indexOf('?');
    return mark < 0 ? uri : uri.substring(0, mark);
  }

  @Override
  public @Nullable String query() {
    int mark = uri.indexOf('?');
    return mark < 0 ? null : uri.substring(mark + 1);
  }

  @Override
  public String absoluteURI() {
    return scheme() + "://" + authority() + uri;
  }

  @Override
  public MultiMap params() {
    MultiMap known = params;
    if (known == null) {
      MultiMap read = MultiMap.caseInsensitiveMultiMap();
      new QueryStringDecoder(uri).parameters().forEach(read::add);
      params = read;
      known = read;
    }
    return known;
  }

  @Override
  public MultiMap params(boolean semicolonIsNormalChar) {
    return params();
  }

  @Override
  public @Nullable String getParam(String name) {
    return params().get(name);
  }
}
