package io.carillon.examples;

import io.carillon.channel.Channel;
import io.carillon.channel.ChannelLocal;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Future;

/**
 * {@code /login}: two routes that form a state machine. The first message of a client is its name;
 * from then on the first route takes what it says.
 */
public final class LoginVerticle extends ChannelVerticle {
  private static final ChannelLocal<String> USER = ChannelLocal.of("user", String.class);

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/login", String.class, String.class)
        .rank(1)
        .needs(USER)
        .message(LoginVerticle::say);
    routes.route("/login", String.class, String.class).rank(2).message(LoginVerticle::login);
  }

  static Future<Void> say(Channel<String> channel, String text) {
    return channel.broadcast(channel.local(USER).orElseThrow() + ": " + text);
  }

  static Future<Void> login(Channel<String> channel, String name) {
    channel.createLocal(USER, name);
    return channel.send("hello " + name);
  }
}
