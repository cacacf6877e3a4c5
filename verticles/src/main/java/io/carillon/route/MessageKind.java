package io.carillon.route;

/** The handler for messages of one type. */
record MessageKind<S, O>(Class<S> type, MessageHandler<S, O> handler) {}
