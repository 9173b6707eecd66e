using System.Text;
using Hufu.Records;
using Microsoft.AspNetCore.Http;

namespace Hufu.Web.Records;

/// <summary>The state of a list as the URL says it, and the URLs of its neighbours.</summary>
public sealed record ListState(RecordType Type, RecordQuery Query, IReadOnlyList<Field> Columns, bool ColumnsChosen)
{
    /// <summary>Reads the state out of a query string. Names that mean nothing here are left alone.</summary>
    public static ListState Read(RecordType type, IQueryCollection query)
    {
        var filters = new List<ColumnFilter>();
        foreach (var (name, value) in query)
            if (name.StartsWith("f.", StringComparison.Ordinal) && value.ToString() is { Length: > 0 and <= 400 } text && filters.Count < 20)
                filters.Add(new ColumnFilter(name[2..], text));
        var columns = new List<Field>();
        if (query["columns"].ToString() is { Length: > 0 } chosen)
            foreach (var key in chosen.Split(',').Distinct())
                if (type.FindField(key) is { Sensitive: false } field) columns.Add(field);
        var given = columns.Count > 0;
        // The title carries the row's link: it is always there.
        if (given && columns.TrueForAll(c => c.Key != "title")) columns.Insert(Math.Min(1, columns.Count), type.FindField("title")!);
        if (!given) columns.AddRange(type.Fields.Where(f => f.InList && !type.ShownWhenAsked.Contains(f.Key)));
        return new ListState(
            type,
            new RecordQuery
            {
                Search = Limit(query["q"].ToString()),
                Filters = filters,
                Sort = query["sort"].ToString() is { Length: > 0 } sort ? sort : null,
                After = query["after"].ToString() is { Length: > 0 } after ? after : null,
                Before = query["before"].ToString() is { Length: > 0 } before ? before : null,
                PageSize = int.TryParse(query["size"], out var size) ? Math.Clamp(size, 10, 200) : 50,
                Archived = query["archived"] == "1",
                OpenOnly = query["open"] == "1",
            },
            columns,
            given);
    }

    /// <summary>The list's URL with some of its state changed.</summary>
    public string Url(RecordQuery query, IReadOnlyList<Field>? columns = null, string? path = null)
    {
        var url = new StringBuilder(path ?? Type.Path);
        var separator = '?';
        void Add(string name, string? value)
        {
            if (string.IsNullOrEmpty(value)) return;
            url.Append(separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        Add("q", query.Search);
        foreach (var filter in query.Filters) Add("f." + filter.Field, filter.Text);
        Add("sort", query.Sort);
        if (columns is not null || ColumnsChosen) Add("columns", string.Join(',', (columns ?? Columns).Select(c => c.Key)));
        if (query.PageSize != 50) Add("size", query.PageSize.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (query.Archived) Add("archived", "1");
        if (query.OpenOnly) Add("open", "1");
        Add("after", query.After);
        Add("before", query.Before);
        return url.ToString();
    }

    /// <summary>The first page of the same list.</summary>
    public RecordQuery First => Query with { After = null, Before = null };

    private static string? Limit(string text) => text.Length == 0 ? null : text.Length > 200 ? text[..200] : text;
}
