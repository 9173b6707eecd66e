namespace Hufu.Logs.Receive;

/// <summary>Cuts a record that is longer than records may be, as <see cref="RecordReader"/> does, so that no UTF-8 sequence is cut.</summary>
internal static class RecordPieces
{
    /// <summary>The pieces in their order, each with what is to be said of it; one without a word when the record is not too long.</summary>
    internal static List<(byte[] Piece, string? Problem)> Of(byte[] record, int limit)
    {
        if (record.Length <= limit) return [(record, null)];
        var pieces = new List<(byte[], string?)>();
        for (var at = 0; at < record.Length;)
        {
            var length = Math.Min(limit, record.Length - at);
            while (at + length < record.Length && length > limit - 4 && (record[at + length] & 0xC0) == 0x80) length--;
            var last = at + length == record.Length;
            pieces.Add((record[at..(at + length)], at == 0 ? LogProblem.RecordCut : last ? LogProblem.RecordLastPiece : LogProblem.RecordPiece));
            at += length;
        }

        return pieces;
    }
}
