package io.carillon.examples.cluster;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** Docker's name server, played: whatever name is asked for has the addresses of its arguments. */
final class NameServer {
  private static final String HOST = "127.0.0.11";
  private static final int PORT = 53;
  private static final int HEADER_BYTES = 12;
  private static final short ANSWER = (short) 0x8180;
  private static final short NAME_OF_THE_QUESTION = (short) 0xc00c;
  private static final short TYPE_A = 1;
  private static final short CLASS_IN = 1;

  private NameServer() {}

  public static void main(String[] addresses) throws IOException {
    try (DatagramSocket socket = new DatagramSocket(PORT, InetAddress.getByName(HOST))) {
      System.out.println("listening");
      while (true) {
        DatagramPacket query = new DatagramPacket(new byte[512], 512);
        socket.receive(query);
        ByteBuffer answer = answer(ByteBuffer.wrap(query.getData()), addresses);
        socket.send(
            new DatagramPacket(answer.array(), answer.position(), query.getSocketAddress()));
      }
    }
  }

  private static ByteBuffer answer(ByteBuffer query, String[] addresses) throws IOException {
    short id = query.getShort();
    query.position(HEADER_BYTES);
    for (int label = query.get(); label > 0; label = query.get()) {
      query.position(query.position() + label);
    }
    boolean known = query.getShort() == TYPE_A;
    query.getShort();
    int end = query.position();
    ByteBuffer answer = ByteBuffer.allocate(512).putShort(id).putShort(ANSWER).putShort((short) 1);
    answer.putShort((short) (known ? addresses.length : 0)).putInt(0);
    answer.put(query.array(), HEADER_BYTES, end - HEADER_BYTES);
    for (int i = 0; known && i < addresses.length; i++) {
      answer.putShort(NAME_OF_THE_QUESTION).putShort(TYPE_A).putShort(CLASS_IN).putInt(1);
      answer.putShort((short) 4).put(InetAddress.getByName(addresses[i]).getAddress());
    }
    return answer;
  }
}
