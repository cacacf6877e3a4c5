package io.carillon.examples;

import io.carillon.auth.Guard;
import io.carillon.auth.Guards;
import io.carillon.auth.Verdict;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import java.time.Duration;

/**
 * The notes of a user, on all devices of that user and nobody else's: {@code /users/ann/notes}. Who
 * the client is, its session or token says.
 */
public final class NotesVerticle extends ChannelVerticle {
  /** What {@code NotesRoutes} asks too: the user whose notes they are. */
  static final Guard OWNER = Guards.bind("sub").named("owner");

  private static final Guard OFTEN = Guards.rate(600, Duration.ofMinutes(1));

  private static final Guard WRITER =
      Guard.of(
          "writer",
          request ->
              request.query("view").equals("only")
                  ? Verdict.refuse(403, "read only")
                  : Verdict.pass());

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/users/:sub/notes", String.class, String.class)
        .guard(OFTEN.and(OWNER))
        .guardMessages(WRITER)
        .message((ch, note) -> ch.broadcast(note));
  }
}
