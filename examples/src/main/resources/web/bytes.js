/**
 * Bytes to read: two digits each, the first of many.
 *
 * @param {Uint8Array} bytes
 * @param {number} most
 */
export function hex(bytes, most) {
  const shown = Array.from(bytes.subarray(0, most), byte => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > most ? `${shown} …` : shown;
}
