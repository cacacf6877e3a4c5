package io.carillon.channel;

import java.util.Optional;

/**
 * The name of a value that a channel carries from event to event, and across the routes of one
 * verticle. Make one for each value, in a constant.
 *
 * <pre>{@code
 * static final ChannelLocal<User> USER = ChannelLocal.of("user", User.class);
 *
 * routes.route("/chat", Say.class, Said.class).rank(1).needs(USER)
 *     .message((ch, say) -> ch.broadcast(new Said(ch.local(USER).orElseThrow(), say.text())));
 * routes.route("/chat", Login.class, Said.class).rank(2)
 *     .message((ch, login) -> { ch.createLocal(USER, userOf(login)); });
 * }</pre>
 *
 * <p>A value lives as long as the channel, so each topic of a multiplexed connection has its own.
 *
 * @param <T> the type of the value
 */
public final class ChannelLocal<T> {
  private final String name;
  private final Class<T> type;

  private ChannelLocal(String name, Class<T> type) {
    this.name = name;
    this.type = type;
  }

  /** A new one; the name is for errors and logs only. */
  public static <T> ChannelLocal<T> of(String name, Class<T> type) {
    return new ChannelLocal<>(name, type);
  }

  /** The value that {@code locals} have under this name. */
  public Optional<T> in(Locals locals) {
    return Optional.ofNullable(locals.get(this)).map(type::cast);
  }

  @Override
  public String toString() {
    return name;
  }
}
