using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Hufu.Web.Components;
using Hufu.Web.Components.Gallery;
using Hufu.Web.Components.Gallery.Pages;
using Microsoft.AspNetCore.Http.HttpResults;

ComponentTexts.Load();
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.Services.AddRazorComponents();
// Chinese as it is, not as character references: a list page is a seventh smaller.
builder.Services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
var app = builder.Build();

app.Use(async (context, next) =>
{
    var language = context.Request.Query["lang"].FirstOrDefault() == "en" ? "en" : "zh-TW";
    CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
    context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";
    await next();
});
app.MapStaticAssets();
app.MapGet("/", () => Results.Redirect("/board"));
Page<BoardPage>("/board");
Page<AssetsPage>("/assets");
Page<RecordPage>("/record");
Page<FormPage>("/form");
Page<LogsPage>("/logs");
Page<PartsPage>("/parts");
Page<SignInPage>("/sign-in");
app.MapPost("/{**rest}", (HttpContext context) => Results.Redirect(context.Request.Path)).DisableAntiforgery();
app.MapPost("/draft", () => Results.NoContent()).DisableAntiforgery();
app.MapGet("/api/v1/search", (string q) => Sample.Search(q));
app.MapGet("/api/v1/pick/{type}", (string type, string q) => Sample.Pick(type, q));
app.Run();

void Page<T>(string path) where T : Microsoft.AspNetCore.Components.IComponent =>
    app.MapGet(path, (HttpContext context) => new RazorComponentResult<T>(new { Look = new Look(path, context.Request.Query["theme"].FirstOrDefault() ?? context.Request.Cookies["hufu-theme"], context.Request.Query["density"].FirstOrDefault() ?? context.Request.Cookies["hufu-density"]) }));
