using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hufu.Logs.Receive;

/// <summary>Takes datagrams out of a socket, on Linux as many at once as are there.</summary>
internal abstract partial class Datagrams
{
    /// <summary>Longest datagram that there is.</summary>
    protected const int MaxLength = 65_536;

    /// <summary>Takes what is there; waits for the first as long as the socket's timeout says.</summary>
    /// <returns>How many were taken; 0 when none came in time.</returns>
    /// <exception cref="SocketException">The socket has an error.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public abstract int Take();

    /// <summary>A datagram of those that were taken last. Theirs until the next are taken.</summary>
    public abstract ReadOnlySpan<byte> Bytes(int index);

    /// <summary>Where it came from: a socket address as the system writes it.</summary>
    public abstract ReadOnlySpan<byte> From(int index);

    public static Datagrams Of(Socket socket) => OperatingSystem.IsLinux() && Environment.Is64BitProcess && BitConverter.IsLittleEndian ? new Many(socket) : new One(socket);

    /// <summary>One at a time: everywhere.</summary>
    internal sealed class One(Socket socket) : Datagrams
    {
        private readonly byte[] buffer = new byte[MaxLength];
        private readonly SocketAddress address = new(socket.AddressFamily);
        private int length;

        public override int Take()
        {
            try
            {
                length = socket.ReceiveFrom(buffer, SocketFlags.None, address);
                return 1;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut)
            {
                return 0;
            }
        }

        public override ReadOnlySpan<byte> Bytes(int index) => buffer.AsSpan(0, length);

        public override ReadOnlySpan<byte> From(int index) => address.Buffer.Span[..address.Size];
    }

    /// <summary>Several with one call: recvmmsg of Linux.</summary>
    internal sealed partial class Many : Datagrams
    {
        private const int Most = 64;

        // struct mmsghdr and what it points to, on a 64-bit system with the low byte first.
        private const int HeaderLength = 64;
        private const int NameLengthAt = 8;
        private const int VectorAt = 16;
        private const int VectorsAt = 24;
        private const int LengthAt = 56;
        private const int VectorLength = 16;
        private const int NameLength = 32;

        // MSG_WAITFORONE: wait for the first only.
        private const int WaitForOne = 0x10000;
        private const int TryAgain = 11;
        private const int Interrupted = 4;

        private readonly Socket socket;
        private readonly byte[] buffers = GC.AllocateUninitializedArray<byte>(Most * MaxLength, pinned: true);
        private readonly byte[] names = GC.AllocateArray<byte>(Most * NameLength, pinned: true);
        private readonly byte[] vectors = GC.AllocateArray<byte>(Most * VectorLength, pinned: true);
        private readonly byte[] headers = GC.AllocateArray<byte>(Most * HeaderLength, pinned: true);

        public Many(Socket socket)
        {
            this.socket = socket;
            for (var i = 0; i < Most; i++)
            {
                var vector = vectors.AsSpan(i * VectorLength);
                var header = headers.AsSpan(i * HeaderLength);
                BinaryPrimitives.WriteInt64LittleEndian(vector, Address(buffers, i * MaxLength));
                BinaryPrimitives.WriteInt64LittleEndian(vector[8..], MaxLength);
                BinaryPrimitives.WriteInt64LittleEndian(header, Address(names, i * NameLength));
                BinaryPrimitives.WriteInt64LittleEndian(header[VectorAt..], Address(vectors, i * VectorLength));
                BinaryPrimitives.WriteInt64LittleEndian(header[VectorsAt..], 1);
            }

            static long Address(byte[] array, int index) => Marshal.UnsafeAddrOfPinnedArrayElement(array, index);
        }

        public override int Take()
        {
            // The system has written how long each address was.
            for (var i = 0; i < Most; i++) BinaryPrimitives.WriteInt32LittleEndian(headers.AsSpan(i * HeaderLength + NameLengthAt), NameLength);
            var taken = ReceiveMany(socket.SafeHandle, Marshal.UnsafeAddrOfPinnedArrayElement(headers, 0), Most, WaitForOne, 0);
            if (taken >= 0) return taken;
            var error = Marshal.GetLastPInvokeError();
            return error is TryAgain or Interrupted ? 0 : throw new SocketException(error);
        }

        public override ReadOnlySpan<byte> Bytes(int index) => buffers.AsSpan(index * MaxLength, Math.Min(MaxLength, BinaryPrimitives.ReadInt32LittleEndian(headers.AsSpan(index * HeaderLength + LengthAt))));

        public override ReadOnlySpan<byte> From(int index) => names.AsSpan(index * NameLength, Math.Min(NameLength, BinaryPrimitives.ReadInt32LittleEndian(headers.AsSpan(index * HeaderLength + NameLengthAt))));

        [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
        private static partial int ReceiveMany(SafeHandle socket, nint messages, uint count, int flags, nint timeout);
    }
}
