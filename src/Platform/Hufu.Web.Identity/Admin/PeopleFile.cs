using Hufu.Documents;
using Hufu.Identity;
using Hufu.Kernel;

namespace Hufu.Web.Identity.Admin;

/// <summary>A person as a row of a file.</summary>
/// <param name="Number">The row as spreadsheets count it.</param>
/// <param name="Person">What it says.</param>
public sealed record PersonFileRow(int Number, PersonRow Person);

/// <summary>Reads lists of people from CSV, XLSX and ODS files.</summary>
public static class PeopleFile
{
    private static readonly string[] Name = ["name", "姓名", "顯示名稱", "display name"];
    private static readonly string[] Account = ["account", "帳號", "使用者名稱", "user name", "username"];
    private static readonly string[] Mail = ["email", "mail", "電子郵件", "信箱", "e-mail"];
    private static readonly string[] Unit = ["unit", "單位", "部門", "department"];
    private static readonly string[] Parent = ["parent", "上級單位", "上層單位", "parent unit"];
    private static readonly string[] Roles = ["roles", "role", "角色"];

    /// <summary>The names of the columns, for a file that is to be filled in: each in Chinese, as the reader knows it.</summary>
    public static IReadOnlyList<string> Template { get; } = ["姓名", "帳號", "電子郵件", "上級單位", "單位", "角色"];

    /// <summary>
    /// Reads the rows. Name and account are needed; the unit may be a path from the top (資訊處/資安科) or stand beside its parent; roles are keys,
    /// separated by semicolons. Rows without name and account are left out.
    /// </summary>
    public static Result<IReadOnlyList<PersonFileRow>> Read(Stream content, string fileName)
    {
        var opened = TableReader.Open(content, fileName, new TableReadOptions { ExpectedHeaders = [.. Name, .. Account, .. Mail, .. Unit, .. Parent, .. Roles] });
        if (!opened.IsOk) return Result.Fail<IReadOnlyList<PersonFileRow>>(opened.Errors);
        using var table = opened.Value;
        int Column(string[] names)
        {
            for (var i = 0; i < table.Headers.Count; i++)
                if (names.Contains(table.Headers[i].Trim(), StringComparer.OrdinalIgnoreCase)) return i;
            return -1;
        }

        var (name, account, mail, unit, parent, roles) = (Column(Name), Column(Account), Column(Mail), Column(Unit), Column(Parent), Column(Roles));
        if (name < 0 || account < 0)
            return Result.Fail<IReadOnlyList<PersonFileRow>>(Error.Of("people.columns", $"第 {table.HeaderRow} 列的標題須有「姓名」與「帳號」兩欄。", $"The headings in row {table.HeaderRow} must include “name” and “account”."));
        var rows = new List<PersonFileRow>();
        foreach (var row in table.Rows)
        {
            if (!row.IsOk) return Result.Fail<IReadOnlyList<PersonFileRow>>(row.Errors);
            string Text(int column) => column < 0 ? "" : row.Value[column].Text.Trim();
            if (Text(name).Length == 0 && Text(account).Length == 0) continue;
            var place = Text(unit) is { Length: > 0 } own && Text(parent) is { Length: > 0 } above ? above + "/" + own : Text(unit);
            rows.Add(new PersonFileRow(row.Value.Number, new PersonRow(
                Text(name), Text(account), Text(mail) is { Length: > 0 } address ? address : null, place.Length > 0 ? place : null,
                Text(roles).Split([';', '；', '、', '|'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))));
        }

        return Result.Of<IReadOnlyList<PersonFileRow>>(rows);
    }
}
