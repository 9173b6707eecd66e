using System.Buffers.Binary;

namespace Hufu.Logs.Evtx;

/// <summary>
/// One chunk of an event log: 64 KiB with a header and records behind each other. Gives its records in their order; what is damaged is told and
/// stepped over.
/// </summary>
/// <param name="bytes">The chunk; not changed while its records are taken.</param>
/// <param name="length">How many bytes of it the file has.</param>
/// <param name="offset">Where the chunk begins in the file.</param>
/// <param name="xml">Reads the records' binary XML.</param>
/// <param name="note">Told what is wrong with the chunk: a code of <see cref="LogProblem"/> with the place in the file.</param>
internal sealed class EvtxChunk(byte[] bytes, int length, long offset, BinXml xml, Action<string> note)
{
    public const int Length = 65_536;
    public const int HeaderLength = 512;

    // Magic, size, number, time and the size once more.
    private const int LeastRecord = 28;
    private const int NoChecksums = 4;

    private static ReadOnlySpan<byte> RecordMagic => [0x2A, 0x2A, 0, 0];

    private int at = HeaderLength;
    private int free;
    private int lastRecord;
    private ulong? number;
    private bool searching;
    private bool late;

    public static bool IsChunk(ReadOnlySpan<byte> start) => start.StartsWith("ElfChnk\0"u8);

    /// <summary>Checks the header. False when there is no chunk with records here.</summary>
    public bool Begin()
    {
        var whole = bytes.AsSpan(0, length);
        if (whole.IndexOfAnyExcept((byte)0) < 0) return false;
        if (!IsChunk(whole))
        {
            note(LogProblem.Of(LogProblem.EvtxChunkMagic, offset, length));
            return false;
        }

        if (length < Length) note(LogProblem.Of(LogProblem.EvtxChunkCut, offset, length));
        if (length < HeaderLength) return false;
        xml.Begin(bytes, length);
        free = length;
        var checks = (U32(120) & NoChecksums) == 0;
        if (checks && U32(124) != Crc32.Of(whole[..120], whole[128..HeaderLength])) note(LogProblem.Of(LogProblem.EvtxChunkHeader, offset));
        var (named, last) = (U32(48), U32(44));
        if (named is < HeaderLength or > Length) note(LogProblem.Of(LogProblem.EvtxChunkEnd, offset));
        else
        {
            if (checks && length == Length && U32(52) != Crc32.Of(whole[HeaderLength..(int)named])) note(LogProblem.Of(LogProblem.EvtxChunkData, offset));
            free = Math.Min((int)named, length);
        }

        if (last >= HeaderLength && last < free) lastRecord = (int)last;
        return true;
    }

    /// <summary>The next record that can be read; null at the end.</summary>
    public EvtxRecord? Next()
    {
        while (at <= length - LeastRecord)
        {
            if (xml.Exhausted)
            {
                note(LogProblem.Of(LogProblem.EvtxChunkLimit, offset + at));
                return null;
            }

            if (!IsRecord(at))
            {
                // Some writers leave zeros or remains of earlier records between the last record and the end that they name.
                if (at >= free || searching || lastRecord > 0 && at > lastRecord || bytes.AsSpan(at, free - at).IndexOfAnyExcept((byte)0) < 0) return null;
                note(LogProblem.Of(LogProblem.EvtxRecordNone, offset + at));
                if (!Search(at + 1)) return null;
                continue;
            }

            var size = U32(at + 4);
            var id = U64(at + 8);
            var fits = size is >= LeastRecord and <= Length && size <= length - at;
            var agrees = fits && U32(at + (int)size - 4) == size;
            if (at >= free && !IsLate(id, agrees)) return null;
            if (searching && !agrees)
            {
                if (!Search(at + 1)) return null;
                continue;
            }

            if (!fits)
            {
                // The end of a file that was cut has been told already.
                if (length == Length || size is < LeastRecord or > Length) note(LogProblem.Of(LogProblem.EvtxRecordSize, offset + at));
                if (!Search(at + 1)) return null;
                continue;
            }

            var record = Read(at, (int)size, id, agrees);
            var next = at + (int)size;
            if (agrees || next >= free || IsRecord(next))
            {
                at = next;
                searching = false;
            }
            else if (!Search(at + 1))
            {
                at = length;
            }

            if (record is null) continue;
            number = id;
            return record;
        }

        return null;
    }

    private EvtxRecord? Read(int start, int size, ulong id, bool agrees)
    {
        try
        {
            var nodes = xml.Read(start + 24, start + size - 4);
            List<string> problems = [];
            if (!agrees) problems.Add(LogProblem.Of(LogProblem.EvtxRecordCopy, offset + start));
            if (xml.Surplus) problems.Add(LogProblem.Of(LogProblem.EvtxRecordMore, offset + start));
            if (xml.Hidden) problems.Add(LogProblem.EvtxTextHidden);
            return new EvtxRecord(id, EvtxValue.FileTime(bytes.AsSpan(start + 16, 8)), offset + start, nodes, problems);
        }
        catch (BinXmlException fault)
        {
            note(LogProblem.Of(fault.Code, offset + start, offset + fault.At));
            return null;
        }
    }

    // A chunk that was being written may have records that its header does not know yet: they follow at once and count on.
    private bool IsLate(ulong id, bool agrees)
    {
        if (searching || !agrees || number is { } before && id != before + 1) return false;
        if (!late) note(LogProblem.Of(LogProblem.EvtxChunkEnd, offset));
        return late = true;
    }

    private bool Search(int from)
    {
        searching = true;
        var found = from < free ? bytes.AsSpan(from, free - from).IndexOf(RecordMagic) : -1;
        if (found < 0) return false;
        at = from + found;
        return true;
    }

    private bool IsRecord(int place) => place <= length - LeastRecord && bytes.AsSpan(place, 4).SequenceEqual(RecordMagic);

    private uint U32(int place) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(place, 4));

    private ulong U64(int place) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(place, 8));
}
