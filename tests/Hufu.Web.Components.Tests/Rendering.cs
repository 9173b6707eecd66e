using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hufu.Web.Components.Tests;

/// <summary>Renders a component to HTML in one of the two languages.</summary>
internal static class Rendering
{
    /// <summary>What an attacker types into every field that can hold text.</summary>
    public const string Hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&{{7*7}}";

    static Rendering() => ComponentTexts.Load();

    public static string Html<T>(object? parameters = null, string language = "zh-TW") where T : IComponent
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (parameters is not null)
        {
            foreach (var property in parameters.GetType().GetProperties())
                values[property.Name] = property.GetValue(parameters);
        }

        return Html(typeof(T), values, language);
    }

    public static string Html(Type component, IDictionary<string, object?> values, string language = "zh-TW")
    {
        var before = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        try
        {
            using var services = new ServiceCollection().AddSingleton(HtmlEncoder.Create(UnicodeRanges.All)).BuildServiceProvider();
            using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
            return renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync(component, ParameterView.FromDictionary(values))).ToHtmlString()).GetAwaiter().GetResult();
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = before;
        }
    }

    /// <summary>The elements of a page: lenient where HTML is, so that a test can ask for attributes instead of searching in text.</summary>
    public static XElement Parse(string html)
    {
        var xml = System.Text.RegularExpressions.Regex.Replace(html, "<!DOCTYPE html>", "", System.Text.RegularExpressions.RegexOptions.NonBacktracking);
        // Void elements are closed, and attributes without a value get an empty one.
        xml = System.Text.RegularExpressions.Regex.Replace(xml, "<(input|meta|link|br|img|hr)((?:[^>\"]|\"[^\"]*\")*?)/?>", "<$1$2/>", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));
        xml = System.Text.RegularExpressions.Regex.Replace(xml, "<[a-z](?:[^>\"]|\"[^\"]*\")*>", tag => System.Text.RegularExpressions.Regex.Replace(tag.Value, "(\"[^\"]*\")|(\\s[\\w-]+)(?=[\\s/>])", part => part.Groups[1].Success ? part.Value : part.Value + "=\"\"", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5)), System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));
        using var reader = XmlReader.Create(new StringReader("<root>" + xml.Replace("&nbsp;", "&#160;", StringComparison.Ordinal) + "</root>"), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        return XElement.Load(reader, LoadOptions.PreserveWhitespace);
    }

    public static IEnumerable<XElement> All(this XElement root, string element) => root.Descendants(element);

    public static string? Value(this XElement element, string attribute) => element.Attribute(attribute)?.Value;

    public static bool HasClass(this XElement element, string name) => element.Value("class")?.Split(' ').Contains(name) == true;
}
