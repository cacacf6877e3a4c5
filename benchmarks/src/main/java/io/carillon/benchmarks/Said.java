package io.carillon.benchmarks;

/**
 * A typical chat message.
 *
 * @param room where
 * @param from who
 * @param at when, in milliseconds
 * @param text what
 */
public record Said(String room, String from, long at, String text) {}
